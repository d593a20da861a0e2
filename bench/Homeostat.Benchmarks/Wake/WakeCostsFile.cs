using System.Text.Json;
using System.Text.Json.Nodes;

namespace Homeostat.Benchmarks.Wake;

/// <summary>Writes what wakes of each app cost as <c>artifacts/bench/costs-APP.json</c>, the form <c>homeostat replay --costs</c> reads: medians, less what a running instance takes.</summary>
internal static class WakeCostsFile
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true };

    /// <param name="spare">Of node; NaN where it was not measured.</param>
    /// <returns>The files.</returns>
    public static IReadOnlyList<string> Write(IReadOnlyList<WakeApp> apps, double spare)
    {
        Directory.CreateDirectory(Path.Combine("artifacts", "bench"));
        return [.. apps.Where(a => a.Running.Count > 0).Select(app =>
        {
            var path = Path.Combine("artifacts", "bench", $"costs-{app.Name}.json");
            File.WriteAllText(path, Of(app, spare).ToJsonString(Options));
            return path;
        })];
    }

    internal static JsonObject Of(WakeApp app, double spare)
    {
        var file = new JsonObject { ["source"] = $"./run bench wake, {app.Name}, {TimeProvider.System.GetUtcNow():yyyy-MM-dd}" };
        Add("thaw", app.Frozen.P50);
        Add("restore", app.Image.P50);
        Add(app.StoppedWay == "clone" ? "template" : "cold", app.Stopped.P50);
        if (app.Name == "node")
        {
            Add("spare", spare);
        }

        if (app.Docker.Count > 0)
        {
            file["dockerStart"] = Math.Round(app.Docker.P50, 2);
        }

        return file;

        void Add(string key, double whole)
        {
            if (double.IsFinite(whole))
            {
                file[key] = Math.Round(Math.Max(0.1, whole - app.Running.P50), 2);
            }
        }
    }
}
