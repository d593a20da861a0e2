using Homeostat.Core.Replay;
using Homeostat.Core.Services;
using Homeostat.Testing;

namespace Homeostat.Core.Tests.Replay;

/// <summary>Setups and traces for tests of the replay.</summary>
internal static class ReplayScene
{
    public static readonly DateTimeOffset Origin = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    public static ReplaySetup Setup(ScaleSpec? scale = null, long seed = 1) => new() { Spec = Specs.Service() with { Scale = scale ?? new ScaleSpec() }, Seed = seed };

    /// <summary>Requests at these seconds, each taking as long.</summary>
    public static Replayer Timed(ReplaySetup setup, double serviceSeconds, params double[] seconds)
    {
        var times = seconds.Select(s => TimeSpan.FromSeconds(s).Ticks).ToList();
        return new Replayer(setup, () => new TimedArrivals(times, times[^1], 1, new ServiceTime(TimeSpan.FromSeconds(serviceSeconds)), new ReplayRandom(setup.Seed, 1)), Origin);
    }

    /// <summary>So many requests in each minute.</summary>
    public static Replayer Counted(ReplaySetup setup, ServiceTime service, params double[] perMinute) =>
        new(setup, () => new CountedArrivals(perMinute, TimeSpan.TicksPerMinute, 1, service, new ReplayRandom(setup.Seed, 1)), Origin);

    /// <summary>Pauses, calm minutes and bursts, by seed.</summary>
    public static double[] Random(int seed, int minutes)
    {
        var random = new ReplayRandom(seed, 99);
        return [.. Enumerable.Range(0, minutes).Select(_ => random.NextDouble() switch { < 0.4 => 0.0, < 0.8 => Math.Floor(random.NextDouble() * 20), < 0.95 => Math.Floor(random.NextDouble() * 600), _ => Math.Floor(random.NextDouble() * 6000) })];
    }
}
