using System.Net;
using Homeostat.Benchmarks.Reporting;
using Homeostat.Server.Forwarding;
using Microsoft.Extensions.Logging.Abstractions;

namespace Homeostat.Benchmarks.GatewayLoad;

/// <summary>
/// What the gateway adds to a request, beside nginx as proxy in front of the same backend. Slices of one second, interleaved, so that whatever else the
/// machine does hits all alike; medians over the rounds, the ratio from the two slices of one round.
/// </summary>
internal sealed class GatewayBenchmark : IBenchmark
{
    private const int Connections = 64;
    private const int RoundsDefault = 7;

    public string Name => "gateway";

    public string Summary => "requests/s and added latency of the data plane, beside nginx; argument: rounds (1..20, default 7)";

    public async Task<BenchReport> RunAsync(IReadOnlyList<string> args, CancellationToken cancel)
    {
        var rounds = args.Count > 0 ? Math.Clamp(int.Parse(args[0]), 1, 20) : RoundsDefault;
        using var nginx = new NginxPeers();
        var upstream = new OneInstance(nginx.Backend);
        await using var gateway = new Gateway(new GatewayOptions(), (_, _) => upstream, TimeProvider.System, NullLoggerFactory.Instance);
        await gateway.StartAsync([new IPEndPoint(IPAddress.Loopback, 0)], cancel);
        await nginx.WaitUntilUpAsync(cancel);

        var ours = new Contender(gateway.Endpoints[0].Port, () => Environment.CpuUsage.TotalTime);
        var peer = new Contender(nginx.Proxy, nginx.ProxyCpu);
        var direct = new Contender(nginx.Backend, () => TimeSpan.Zero);
        // Until the hot path is compiled at its best: on a busy machine the compiler thread needs many requests' time for it.
        var warmed = 0L;
        for (var i = 0; i < 12 && warmed < 120_000; i++)
            warmed += (await Wrk.RunAsync(ours.Port, Connections, 1, cancel)).Requests;

        var ratio = new Sample();
        var allocated = new Sample();
        for (var round = 0; round < rounds; round++)
        {
            var theirs = await peer.LoadAsync(Connections, cancel);
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var mine = await ours.LoadAsync(Connections, cancel);
            allocated.Add((GC.GetTotalAllocatedBytes(precise: true) - before) / (double)mine.Requests);
            ratio.Add(mine.PerSecond / theirs.PerSecond);
            foreach (var contender in new[] { direct, peer, ours })
                await contender.LatencyAsync(cancel);
        }

        return Report(direct, peer, ours, ratio.P50, allocated.P50);
    }

    private BenchReport Report(Contender direct, Contender peer, Contender ours, double ratio, double allocated)
    {
        var added = ours.Latency.P50 - direct.Latency.P50;
        var load = new BenchTable(
            $"{Connections} connections",
            ["proxy", "requests/s p50", "requests/s best", "p50 us", "p99 us", "CPU us/request"],
            [Row("nginx", peer), Row("homeostat", ours)]);
        var alone = new BenchTable(
            "one connection",
            ["way", "p50 us", "added us"],
            [
                new("direct", [direct.Latency.P50, 0]),
                new("nginx", [peer.Latency.P50, peer.Latency.P50 - direct.Latency.P50]),
                new("homeostat", [ours.Latency.P50, added]),
            ]);
        return new BenchReport(Name, TimeProvider.System.GetUtcNow(), HostFacts.Collect(), [load, alone],
        [
            new("added latency at one connection", 150, added, "us"),
            new("requests/s relative to nginx, median of rounds", 1, ratio, "x", AtMost: false),
            new("memory allocated per request", 512, allocated, "bytes"),
            new("failed slices", 0, direct.Failed + peer.Failed + ours.Failed, ""),
        ]);
    }

    private static BenchRow Row(string name, Contender contender) =>
        new(name, [contender.Rate.P50, contender.Rate.Percentile(100), contender.P50.P50, contender.P99.P50, contender.Cpu.P50]);
}
