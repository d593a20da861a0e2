using Homeostat.Benchmarks.Reporting;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>Figures of the four experiments to tables and goals.</summary>
internal sealed class ElasticityReport(string name, SortedDictionary<string, string> host)
{
    private readonly List<BenchTable> _tables = [];
    private readonly List<BenchGoal> _goals = [];

    public BenchReport Compose() => new(name, TimeProvider.System.GetUtcNow(), host, _tables, _goals);

    public void Add(BurstExperiment burst)
    {
        _tables.Add(new BenchTable(
            "(a) Burst at one instance at its CPU limit: until a second one serves, ms",
            ["way of the second", "serves p50", "p95", "has answered p50", "p95", "rounds"],
            [.. burst.Serving.Select(t => new BenchRow(t.Key, [t.Value.P50, t.Value.P95, burst.Answered[t.Key].P50, burst.Answered[t.Key].P95, t.Value.Count]))]));
        foreach (var way in new[] { "clone", "frozen", "image" })
        {
            _goals.Add(new($"overload to the second instance serving, {way}", 50, burst.Serving[way].P50, "ms"));
        }

        _goals.Add(new("bursts that no second instance answered", 0, burst.Missed, ""));
    }

    public void Add(RaiseExperiment raise)
    {
        _tables.Add(new BenchTable(
            "(b) CPU limit raised under load, ms",
            ["from", "p50", "p95", "rounds"],
            [
                Row("request beyond the target, to the write of the limit", raise.ToWrite),
                Row("request beyond the target, until more is used than the old limit allows", raise.ToEffect),
                Row("load within the target, seen by the monitor: to the write", raise.MonitorToWrite),
                Row("load within the target, until more is used than the old limit allows", raise.MonitorToEffect),
            ]));
        _tables.Add(new BenchTable("(b) Throughput, requests/s of 5 ms", ["limit", "p50"], [new("base", [raise.Before.P50]), new("raised", [raise.After.P50])]));
        _goals.Add(new("saturating request to the write of the limit", 1, raise.ToWrite.P50, "ms"));
        _goals.Add(new("overload to the effect of the raise", 20, raise.ToEffect.P50, "ms"));
        _goals.Add(new("overload to the effect of the raise, seen by the monitor", 20, raise.MonitorToEffect.P50, "ms"));
        _goals.Add(new("rounds without a raise", 0, raise.Missed, ""));
    }

    public void Add(OverheadExperiment overhead)
    {
        _tables.Add(new BenchTable(
            $"(d) Cost of the platform at {OverheadExperiment.Rate:#,0} requests/s",
            ["what", "value"],
            [
                new("CPU share of the platform, % of one core", [overhead.CpuShare * 100]),
                new("regulation's part of that, % of one core", [overhead.RegulationShare * 100]),
                new("regulator turns per second", [overhead.TurnsPerSecond]),
                new("microseconds per turn (observe, decide, check, execute, publish)", [overhead.MicrosecondsPerTurn]),
                new("microseconds per decision (the pure step), 1 instance", [overhead.StepMicroseconds[1]]),
                new("microseconds per decision (the pure step), 10 instances", [overhead.StepMicroseconds[10]]),
                new("latency p50, ms", [overhead.P50]),
                new("latency p99, ms", [overhead.P99]),
                new("requests not answered", [overhead.Failed]),
            ]));
    }

    public void Add(ShapesExperiment shapes)
    {
        _tables.Add(new BenchTable(
            $"(c) Loads of {ShapesExperiment.Low:0} to {ShapesExperiment.High:0} requests/s of {ShapesExperiment.WorkMilliseconds:0} ms: share over {shapes.Bound.TotalMilliseconds:0.0} ms (2 x the unloaded p99), and what it held",
            ["load, system", "% over", "p50 ms", "p99 ms", "instance-s", "core-s granted", "not answered", "tried again"],
            [.. shapes.Outcomes.Select(o => new BenchRow(
                $"{o.Shape}, {o.System}", [o.ShareOver * 100, o.Latency.P50, o.Latency.P99, o.InstanceSeconds, o.CoreSeconds, o.Failed, o.TriedAgain]))]));
        foreach (var peer in shapes.Outcomes.Select(o => o.System).Distinct().Where(s => s != ShapesExperiment.Ours))
        {
            var (ours, theirs) = (shapes.Of(ShapesExperiment.Ours), shapes.Of(peer));
            _goals.Add(new($"share over 2 x the unloaded p99, all loads, beside {peer}", 1, ours.Average(o => o.ShareOver) / theirs.Average(o => o.ShareOver), "x"));
            _goals.Add(new($"instance-seconds, all loads, beside {peer}", 1, ours.Sum(o => o.InstanceSeconds) / theirs.Sum(o => o.InstanceSeconds), "x"));
        }
    }

    private static BenchRow Row(string what, Sample sample) => new(what, [sample.P50, sample.P95, sample.Count]);
}
