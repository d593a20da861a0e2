using Homeostat.Core.Explanation;
using Homeostat.Core.Regulation.Tiers;
using Homeostat.Core.Replay;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Core.Tests.Replay;

/// <summary>The regulator finds its place and stays there: what it decides does not bring about its own opposite.</summary>
public sealed class OscillationLaws
{
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(10);

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 14)];

    /// <summary>Equal requests at equal distances: once the instances are there nothing is decided any more, but that what sleeps may sleep deeper.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Law_AnEvenLoad_EndsInRest(int seed)
    {
        var random = new Random(seed);
        var (setup, work) = (Setup(random), TimeSpan.FromMilliseconds(random.Next(1, 400)));
        // Up to the targets of all instances together: more than that is a queue that grows without end.
        var concurrency = random.NextDouble() * setup.Spec.Scale.Max * Math.Min(setup.Spec.Scale.ConcurrencyTarget, setup.Spec.Scale.ConcurrencyLimit) * 0.95;
        var distance = TimeSpan.FromMilliseconds(Math.Max(0.05, work.TotalMilliseconds / Math.Max(0.01, concurrency)));
        var decisions = Decisions(setup, Even(distance, work)).Where(d => d.At - ReplayScene.Origin > Length / 2 && d.Action is not "image").ToList();

        // An instance may be frozen between two requests that are far apart, and thawed by the next: that is its place. Of several each gets one in so many requests.
        var idle = setup.Spec.Idle.Freeze;
        var apart = distance - work > idle * LadderTimes.FreezeFloor || (distance * setup.Spec.Scale.Max) + work > idle * LadderTimes.BesideOthersFloor;
        var settled = apart ? 0 : decisions.Count;
        Assert.True(settled == 0, $"seed {seed}, {setup.Spec.Scale}, {work.TotalMilliseconds} ms each {distance.TotalMilliseconds} ms: {string.Join("; ", decisions.Take(6).Select(d => $"{d.At:mm:ss.fff} {d.Action} {d.Reason}"))}");
    }

    /// <summary>Random loads: an instance that was woken is not put to sleep before the least idle time that may be learned, however the load swings.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Law_ARandomLoad_NoInstanceIsTurnedRoundAtOnce(int seed)
    {
        var random = new Random(seed);
        var setup = Setup(random);
        var counts = Enumerable.Range(0, 10).Select(_ => Math.Pow(random.NextDouble(), 3) * 20_000).ToList();
        var arrivals = () => new CountedArrivals(counts, TimeSpan.TicksPerMinute, 1, new ServiceTime(TimeSpan.FromMilliseconds(1 + (seed * 5)), seed % 3), new ReplayRandom(seed, 1));
        foreach (var (woken, slept, others) in Turns(Decisions(setup, arrivals)))
        {
            var least = setup.Spec.Idle.Freeze * (others ? LadderTimes.BesideOthersFloor : LadderTimes.FreezeFloor);
            Assert.True(slept.At - woken.At >= least, $"seed {seed}: {woken.Instance} was woken at {woken.At:mm:ss.fff} ({woken.Reason}) and slept at {slept.At:mm:ss.fff} ({slept.Reason})");
        }
    }

    /// <summary>The check must be able to fail: a pair that turns round at once is found.</summary>
    [Fact]
    public void Canary_AQuickTurn_IsFound()
    {
        Decision Made(double at, string action) => new(ReplayScene.Origin.AddSeconds(at), action, "", "", [], [], null, new InstanceId("a"));

        var turn = Assert.Single(Turns([Made(1, "wake"), Made(1.01, "freeze"), Made(2, "wake")]));
        Assert.Equal(TimeSpan.FromSeconds(0.01), turn.Slept.At - turn.Woken.At);
    }

    /// <summary>Wakes with the sleeps that followed, and whether others were awake beside it when it went to sleep.</summary>
    private static IEnumerable<(Decision Woken, Decision Slept, bool Others)> Turns(IReadOnlyList<Decision> decisions)
    {
        var awake = new Dictionary<InstanceId, Decision>();
        foreach (var decision in decisions.Where(d => d.Instance is not null))
        {
            var id = decision.Instance!.Value;
            if (decision.Action is "start" or "wake")
            {
                awake[id] = decision;
            }
            else if (decision.Action is "freeze" or "image" && awake.Remove(id, out var woken))
            {
                yield return (woken, decision, awake.Count > 0);
            }
        }
    }

    private static IReadOnlyList<Decision> Decisions(ReplaySetup setup, Func<IArrivals> arrivals) =>
        new Replayer(setup with { DecisionsKept = 100_000 }, arrivals, ReplayScene.Origin).Run(Replayer.Reactive).Decisions;

    private static Func<IArrivals> Even(TimeSpan distance, TimeSpan work)
    {
        var count = (int)Math.Min(200_000, Length / distance);
        var times = Enumerable.Range(1, count).Select(n => n * distance.Ticks).ToList();
        return () => new TimedArrivals(times, times.Count == 0 ? 1 : times[^1] + 1, 1, new ServiceTime(work), new ReplayRandom(1, 1));
    }

    private static ReplaySetup Setup(Random random)
    {
        var setup = ReplayScene.Setup();
        var target = random.Next(1, 12);
        return setup with
        {
            Clones = random.Next(3) > 0,
            Spec = setup.Spec with { Scale = new ScaleSpec(random.Next(2), random.Next(1, 8), target, target * random.Next(1, 4)), Predict = new PredictSpec(PredictMode.Off) },
        };
    }
}
