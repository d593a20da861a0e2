using Homeostat.Benchmarks.Reporting;
using Homeostat.Benchmarks.Wake;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>(d) What the platform costs at an even load of small requests, and which part of that is regulation.</summary>
internal sealed class OverheadExperiment(PlatformUnderTest platform, ElasticityOptions options)
{
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(8);
    private readonly WorkApp _service = new("overhead", 1, 2, 0, 4, 16, 64);

    /// <summary>Requests per second.</summary>
    public const int Rate = 5000;

    /// <summary>CPU time of the platform's process per time.</summary>
    public double CpuShare { get; private set; }

    /// <summary>Time spent in turns of the regulation per time.</summary>
    public double RegulationShare { get; private set; }

    public double TurnsPerSecond { get; private set; }

    public double MicrosecondsPerTurn { get; private set; }

    /// <summary>Of the pure step alone, by number of instances.</summary>
    public IReadOnlyDictionary<int, double> StepMicroseconds { get; } = new Dictionary<int, double> { [1] = StepCost.Measure(1), [10] = StepCost.Measure(10) };

    /// <summary>Milliseconds, client side, from when a request was due.</summary>
    public double P50 { get; private set; }

    public double P99 { get; private set; }

    public int Failed { get; private set; }

    public async Task RunAsync(CancellationToken cancel)
    {
        await _service.ApplyAsync(platform, options.Samples, cancel);
        await platform.Client.WakeAsync(null, _service.Name, TimeSpan.FromSeconds(30), cancel);
        using var target = new GatewayTarget(platform.Gateway, _service.Host);
        await target.ConnectAsync(16, cancel);
        var generator = new LoadGenerator(target, "/work?us=0");
        await generator.RunAsync(Even(Warm), cancel);

        var (cpu, turns, began) = (platform.Cpu(), await platform.TurnsAsync(cancel), TimeProvider.System.GetTimestamp());
        var results = await generator.RunAsync(Even(Measured), cancel);
        var wall = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        var after = await platform.TurnsAsync(cancel);
        CpuShare = (platform.Cpu() - cpu).TotalSeconds / wall;
        RegulationShare = (after.Seconds - turns.Seconds) / wall;
        TurnsPerSecond = (after.Count - turns.Count) / wall;
        MicrosecondsPerTurn = (after.Seconds - turns.Seconds) / Math.Max(1, after.Count - turns.Count) * 1e6;
        var latency = new Sample();
        foreach (var result in results)
        {
            latency.Add(result.Latency);
        }

        (P50, P99, Failed) = (latency.P50, latency.P99, results.Count(r => r.Failed));
        await platform.Client.RemoveAsync(null, _service.Name, cancel);
    }

    private static List<TimeSpan> Even(TimeSpan length) => [.. Enumerable.Range(0, (int)(Rate * length.TotalSeconds)).Select(i => TimeSpan.FromSeconds(i / (double)Rate))];
}
