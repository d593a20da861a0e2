using Homeostat.Benchmarks.Reporting;
using Homeostat.Core.Replay;
using Homeostat.Core.Replay.Charts;

namespace Homeostat.Benchmarks.Policies;

/// <summary>Outcomes to tables, goals and a chart.</summary>
internal static class PoliciesReport
{
    /// <summary>Waits that differ by less than a millisecond are called equal in the lenient goals: it is what a thaw takes, and nobody sees it.</summary>
    private const double Unseen = 0.001;

    public static BenchReport Compose(string name, IReadOnlyList<PolicyResult> results) => new(
        name, TimeProvider.System.GetUtcNow(), HostFacts.Collect(),
        [.. results.Select(Table), Beside(results)],
        [.. Goals(results, "kpa"), .. Goals(results, "idle-timer"), .. Bound(results)]);

    public static async Task DrawAsync(IReadOnlyList<PolicyResult> results, CancellationToken cancel)
    {
        var (names, policies) = (results.Select(r => r.Trace.Name).ToList(), results.SelectMany(r => r.Outcomes.Select(o => o.Policy)).Distinct().ToList());
        BarChart Bars(string title, string unit, Func<PolicyResult, ReplayOutcome, double?> of) => new(
            title, unit, names, [.. policies.Select(p => new BarSeries(p, [.. results.Select(r => r.Of(p) is { } o ? of(r, o) : null)]))]) { Logarithmic = true };
        Chart[] panels =
        [
            Bars("Instance-seconds, by those of the lower bound", "times", (r, o) => o.InstanceSeconds / r.Profile.InstanceSeconds) with { Reference = 1 },
            Bars("Wait, p99", "milliseconds", (_, o) => o.WaitP99 > 0 ? o.WaitP99 * 1000 : null),
            Bars("GB-seconds", "GB-seconds", (_, o) => o.GbSeconds),
            Bars("Refused", "requests", (_, o) => o.Refused > 0 ? o.Refused : null),
        ];
        var path = Path.Combine("artifacts", "bench", "policies.svg");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, SvgChart.Draw("Policies on traces", panels, panelWidth: 900, note: "The same requests and the same wake costs for all. No bar: 0."), cancel);
        Console.WriteLine($"drawn to {path}");
    }

    private static BenchTable Table(PolicyResult result) => new(
        $"{result.Trace.Name}: {result.Trace.About}, {result.Profile.Requests:#,0} requests of {result.Trace.Service.Mean.TotalMilliseconds:0} ms",
        ["policy", "p50 ms", "p95 ms", "p99 ms", "wakes", "instance-s", "x bound", "x aimed", "GB-s", "refused"],
        [.. result.Outcomes.Select(o => new BenchRow(
            o.Policy,
            [o.WaitP50 * 1000, o.WaitP95 * 1000, o.WaitP99 * 1000, o.Wakes, o.InstanceSeconds, o.InstanceSeconds / result.Profile.InstanceSeconds, o.InstanceSeconds / result.Aimed.InstanceSeconds, o.GbSeconds, o.Refused]))]);

    private static BenchTable Beside(IReadOnlyList<PolicyResult> results) => new(
        "homeostat: instance-seconds beside others, and how much more its p99 is (ms)",
        ["trace", "/ kpa", "+ms", "/ idle-timer", "+ms", "/ keda", "+ms", "x bound", "x aimed"],
        [.. results.Where(r => r.Of(Replayer.Reactive) is not null).Select(r => new BenchRow(r.Trace.Name, [.. Pair(r, "kpa"), .. Pair(r, "idle-timer"), .. Pair(r, "keda"), r.Of(Replayer.Reactive)!.InstanceSeconds / r.Profile.InstanceSeconds, r.Of(Replayer.Reactive)!.InstanceSeconds / r.Aimed.InstanceSeconds]))]);

    private static IEnumerable<double?> Pair(PolicyResult result, string peer)
    {
        var (own, other) = (result.Of(Replayer.Reactive)!, result.Of(peer));
        return [own.InstanceSeconds / other?.InstanceSeconds, (own.WaitP99 - other?.WaitP99) * 1000];
    }

    private static IEnumerable<BenchGoal> Goals(IReadOnlyList<PolicyResult> results, string peer)
    {
        // A peer that refuses requests did not do the work: nothing is compared with it.
        var pairs = results.Select(r => (Own: r.Of(Replayer.Reactive), Peer: r.Of(peer), Bound: r.Profile.InstanceSeconds)).Where(p => p.Own is not null && p.Peer is { Refused: 0 })
            .Select(p => (Ratio: p.Own!.InstanceSeconds / p.Peer!.InstanceSeconds, Longer: p.Own.WaitP99 - p.Peer.WaitP99, p.Own.Refused, Possible: p.Bound <= p.Peer.InstanceSeconds / 2)).ToList();
        if (pairs.Count == 0)
        {
            yield break;
        }

        // Where half of the peer's is below what nobody can be below, the goal can't be reached without waits: said, and not counted.
        var possible = pairs.Where(p => p.Possible).ToList();
        yield return new($"instance-seconds by those of {peer}, geometric mean of {pairs.Count} traces", 0.5, Geometric(pairs.Select(p => p.Ratio)), "x");
        yield return new($"traces with at most half of {peer} and p99 no higher, of those where half is not below the bound", possible.Count, possible.Count(p => p.Ratio <= 0.5 && p.Longer <= 0 && p.Refused == 0), "", AtMost: false);
        yield return new("the same, p99 higher by less than a millisecond allowed", possible.Count, possible.Count(p => p.Ratio <= 0.5 && p.Longer < Unseen && p.Refused == 0), "", AtMost: false);
    }

    private static IEnumerable<BenchGoal> Bound(IReadOnlyList<PolicyResult> results)
    {
        var ratios = results.Where(r => r.Of(Replayer.Reactive) is not null).Select(r => r.Of(Replayer.Reactive)!.InstanceSeconds / r.Profile.InstanceSeconds).ToList();
        if (ratios.Count > 0)
        {
            yield return new($"instance-seconds by the lower bound, geometric mean of {ratios.Count} traces", 1.3, Geometric(ratios), "x");
            yield return new("traces within 1.3 of the bound", ratios.Count, ratios.Count(r => r <= 1.3), "", AtMost: false);
            yield return new("the worst trace", 1.3, ratios.Max(), "x");
        }
    }

    private static double Geometric(IEnumerable<double> values) => Math.Exp(values.Average(Math.Log));
}
