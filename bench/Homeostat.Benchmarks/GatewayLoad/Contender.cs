using Homeostat.Benchmarks.Reporting;

namespace Homeostat.Benchmarks.GatewayLoad;

/// <summary>One way to the backend and what was measured of it.</summary>
/// <param name="cpu">CPU time used so far by whatever answers on the port.</param>
internal sealed class Contender(int port, Func<TimeSpan> cpu)
{
    public int Port => port;

    public Sample Rate { get; } = new();

    /// <summary>Latency under load, microseconds.</summary>
    public Sample P50 { get; } = new();

    public Sample P99 { get; } = new();

    /// <summary>CPU time per request, microseconds.</summary>
    public Sample Cpu { get; } = new();

    /// <summary>Median latency at one connection, microseconds.</summary>
    public Sample Latency { get; } = new();

    public int Failed { get; private set; }

    public async Task<WrkResult> LoadAsync(int connections, CancellationToken cancel)
    {
        var before = cpu();
        var result = await Wrk.RunAsync(port, connections, 1, cancel);
        Cpu.Add((cpu() - before).TotalMicroseconds / result.Requests);
        Rate.Add(result.PerSecond);
        P50.Add(result.P50);
        P99.Add(result.P99);
        Failed += result.Errors ? 1 : 0;
        return result;
    }

    public async Task LatencyAsync(CancellationToken cancel)
    {
        var result = await Wrk.RunAsync(port, 1, 1, cancel);
        Latency.Add(result.P50);
        Failed += result.Errors ? 1 : 0;
    }
}
