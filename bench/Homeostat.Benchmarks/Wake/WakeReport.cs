using Homeostat.Benchmarks.Reporting;

namespace Homeostat.Benchmarks.Wake;

/// <summary>Figures to tables and goals.</summary>
internal static class WakeReport
{
    // Boot of these is long, so they show whether a restore depends on it.
    private static readonly string[] SlowBooting = ["rails", "jvm", "aspnet"];

    public static BenchReport Compose(string name, IReadOnlyList<WakeApp> apps, Sample spare, WakeBurst burst) =>
        new(name, TimeProvider.System.GetUtcNow(), HostFacts.Collect(), [Medians(apps), Tails(apps), Phases(apps), Bursts(spare, burst)], [.. Goals(apps, spare, burst)]);

    private static BenchTable Medians(IReadOnlyList<WakeApp> apps) => new(
        "Request to last byte, p50 in ms",
        ["app", "direct", "running", "frozen", "image", "stopped", "docker", "runc", "image MB"],
        [.. apps.Select(a => new BenchRow(
            $"{a.Name} ({a.StoppedWay})",
            [a.Direct.P50, a.Running.P50, a.Frozen.P50, a.Image.P50, a.Stopped.P50, a.Docker.P50, a.Runc.P50, a.ImageBytes / 1e6],
            a.Notes.Count == 0 ? null : string.Join("; ", a.Notes)))]);

    private static BenchTable Tails(IReadOnlyList<WakeApp> apps) => new(
        "p95 / p99 in ms",
        ["app", "run 95", "run 99", "frz 95", "frz 99", "img 95", "img 99", "stop 95", "stop 99"],
        [.. apps.Select(a => new BenchRow(
            a.Name,
            [a.Running.P95, a.Running.P99, a.Frozen.P95, a.Frozen.P99, a.Image.P95, a.Image.P99, a.Stopped.P95, a.Stopped.P99]))]);

    // criu's stages are cumulative in its own words; the platform gives the time of each.
    private static BenchTable Phases(IReadOnlyList<WakeApp> apps) => new(
        "Where a wake from the image goes, p50 in ms",
        ["app", "gate", "memory", "threads", "resume", "rest of driver", "wake", "app"],
        [.. apps.Select(a => new BenchRow(
            a.Name,
            [P(a, "gate"), P(a, "criu.post-restore"), P(a, "criu.pre-resume"), P(a, "criu.post-resume"), Rest(a), P(a, "wake"), P(a, "app")]))]);

    private static double Rest(WakeApp app) => P(app, "wake") - P(app, "criu.post-restore") - P(app, "criu.pre-resume") - P(app, "criu.post-resume");

    private static double P(WakeApp app, string phase) => app.Phases.TryGetValue(phase, out var sample) ? sample.P50 : double.NaN;

    private static BenchTable Bursts(Sample spare, WakeBurst burst) => new(
        "Parked spare, and many at once",
        ["what", "p50", "p95"],
        [
            new BenchRow("node, parked spare, ms", [spare.P50, spare.P95]),
            new BenchRow("ten at once, all answered, ms", [burst.TenAtOnce.P50, burst.TenAtOnce.P95]),
            new BenchRow($"wakes/s, {burst.Services} services, {burst.Clients} clients", [burst.WakesPerSecond.P50, burst.WakesPerSecond.P95]),
        ]);

    private static IEnumerable<BenchGoal> Goals(IReadOnlyList<WakeApp> apps, Sample spare, WakeBurst burst)
    {
        if (apps.FirstOrDefault(a => a.Name == "node") is { } node)
        {
            yield return new("node, image tier p50", 10, node.Image.P50, "ms");
            yield return new("node, image tier p95", 15, node.Image.P95, "ms");
            yield return new("node, image tier beside docker start", 0.04, node.Image.P50 / node.Docker.P50, "x");
            yield return new("node, image tier beside runc restore", 0.4, node.Image.P50 / node.Runc.P50, "x");
            yield return new("node, frozen above running", 1, node.Frozen.P50 - node.Running.P50, "ms");
            yield return new("node, running above direct", 0.15, node.Running.P50 - node.Direct.P50, "ms");
        }

        foreach (var app in apps.Where(a => SlowBooting.Contains(a.Name)))
        {
            yield return new($"{app.Name}, image tier p50, 8 ms + 0.4 ms per MB", 8 + (0.4 * app.ImageBytes / 1e6), app.Image.P50, "ms");
        }

        yield return new("node, parked spare", 4, spare.P50, "ms");
        yield return new("ten at once, all answered", 30, burst.TenAtOnce.P50, "ms");
        yield return new("wakes per second", 200, burst.WakesPerSecond.P50, "/s", AtMost: false);
    }
}
