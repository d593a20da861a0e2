using System.Text.Json;
using System.Text.Json.Serialization;

namespace Homeostat.Benchmarks.Reporting;

/// <summary>Writes a report as JSON below <c>artifacts/bench</c> of the working directory.</summary>
internal static class ReportFile
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static string Write(BenchReport report)
    {
        var path = Path.Combine("artifacts", "bench", report.Name + ".json");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, JsonSerializer.Serialize(report, Options));
        return path;
    }
}
