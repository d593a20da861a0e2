using Homeostat.Benchmarks.Reporting;
using Homeostat.Client;

namespace Homeostat.Benchmarks.Wake;

/// <summary>The Node.js sample with one parked spare: from nothing to the last byte, by releasing a clone that waits before its first instruction.</summary>
internal static class WakeSpare
{
    private const string Name = "parked";
    private static readonly TimeSpan ParkedLimit = TimeSpan.FromSeconds(30);

    public static async Task<Sample> MeasureAsync(PlatformUnderTest platform, WakeOptions options, CancellationToken cancel)
    {
        var sample = WakeApp.Load(options.Samples, "node");
        var text = sample.Text.Replace("service: node", $"service: {Name}", StringComparison.Ordinal).Replace("checkpoint: {", "checkpoint: { spares: 1,", StringComparison.Ordinal);
        await platform.Client.ApplyAsync(sample.Spec.Tenant.Value, Name, text, sample.Folder, dryRun: false, cancel);
        var times = new Sample();
        try
        {
            await platform.Client.CheckpointAsync(null, Name, TimeSpan.FromMinutes(2), cancel);
            for (var round = 0; round < options.Rounds && await IsParkedAsync(platform, cancel); round++)
            {
                times.Add(platform.Get(Name, "/").Took);
                await platform.SleepAsync(Name, "stopped", cancel);
            }
        }
        catch (ProblemException e)
        {
            Console.Error.WriteLine($"parked spare: {e.Problem.Detail}");
        }

        await platform.Client.RemoveAsync(null, Name, cancel);
        return times;
    }

    private static async Task<bool> IsParkedAsync(PlatformUnderTest platform, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < ParkedLimit)
        {
            if ((await platform.Client.ServiceAsync(null, Name, cancel)).Images is { Spares: > 0 })
            {
                return true;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancel);
        }

        Console.Error.WriteLine("no spare was parked within 30 s");
        return false;
    }
}
