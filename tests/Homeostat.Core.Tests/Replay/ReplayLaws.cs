using Homeostat.Core.Activation;
using Homeostat.Core.Replay;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Core.Tests.Replay;

/// <summary>What holds for each trace and each policy.</summary>
public sealed class ReplayLaws
{
    public static TheoryData<string, int> PoliciesAndSeeds()
    {
        var data = new TheoryData<string, int>();
        foreach (var policy in Replayer.Usual.Append("homeostat+grey"))
        {
            for (var seed = 1; seed <= 6; seed++)
            {
                data.Add(policy, seed);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(PoliciesAndSeeds))]
    public void Law_NothingIsLostOrInvented(string policy, int seed)
    {
        var setup = SetupOf(seed);
        var replayer = ReplayScene.Counted(setup, new ServiceTime(TimeSpan.FromMilliseconds(20 + (seed * 30)), seed % 3), ReplayScene.Random(seed, 40));

        Assert.Equal([], Broken(replayer.Run(policy), replayer.Profile, setup));
    }

    [Theory]
    [MemberData(nameof(PoliciesAndSeeds))]
    public void Law_EqualSeeds_EqualRuns(string policy, int seed)
    {
        var minutes = ReplayScene.Random(seed, 20);
        string Digest(long of) => ReplayScene.Counted(ReplayScene.Setup(seed: of), ServiceTime.Default, minutes).Run(policy).Digest;

        Assert.Equal(Digest(seed), Digest(seed));
        if (policy is Replayer.Reactive or Replayer.Clairvoyant)
        {
            Assert.NotEqual(Digest(seed), Digest(seed + 1000));
        }
    }

    /// <summary>A policy that serves with an instance that is counted as frozen must be noticed: else the laws above prove nothing.</summary>
    [Fact]
    public void Canary_AnInstanceThatServesAsleep_IsNoticed()
    {
        var setup = ReplayScene.Setup();
        var world = new ReplayWorld(setup, new CountedArrivals([600, 600], TimeSpan.TicksPerMinute, 1, ServiceTime.Default, new ReplayRandom(1, 1)), new Sleepwalker(), ReplayScene.Origin);
        world.Run();
        var replayer = ReplayScene.Counted(setup, ServiceTime.Default, 600, 600);
        var outcome = replayer.Run("always-on") with { InstanceSeconds = world.Meter.AwakeTicks / (double)TimeSpan.TicksPerSecond, WaitMost = world.Meter.Waits.Longest, Served = world.Meter.Served };

        Assert.Equal(2, Broken(outcome, replayer.Profile, setup).Count);
    }

    [Fact]
    public void Canary_ALostRequest_IsNoticed()
    {
        var setup = ReplayScene.Setup();
        var replayer = ReplayScene.Counted(setup, ServiceTime.Default, 60);
        var outcome = replayer.Run(Replayer.Reactive);

        Assert.NotEmpty(Broken(outcome with { Served = outcome.Served - 1 }, replayer.Profile, setup));
    }

    private static ReplaySetup SetupOf(int seed) => ReplayScene.Setup(new ScaleSpec(seed % 4 == 3 ? 1 : 0, 1 + (seed * 3), 1 + (seed % 8), 1 + (seed * 2)), seed) with
    {
        Clones = seed % 2 == 0,
        PeersOwnCosts = seed % 3 == 0,
    };

    private static List<string> Broken(ReplayOutcome outcome, DemandProfile profile, ReplaySetup setup)
    {
        var broken = new List<string>();
        const double Rounding = 1e-6;
        void Require(bool holds, string law)
        {
            if (!holds)
            {
                broken.Add($"{outcome.Policy}: {law}");
            }
        }

        Require(outcome.Requests == profile.Requests, "every policy gets the same requests");
        Require(outcome.Served + outcome.Refused == outcome.Requests, "each request is served or refused, once");
        Require(outcome is { WaitP50: >= 0 } && outcome.WaitP50 <= outcome.WaitP95 && outcome.WaitP95 <= outcome.WaitP99 && outcome.WaitP99 <= outcome.WaitMost * 1.02, "waits grow with the percentile");
        Require(outcome.WaitMost <= GateLimits.For(setup.Spec).HoldTime.TotalSeconds, "nobody waits for longer than the gate holds");
        Require(outcome.InstanceSeconds >= (outcome.BusySeconds / setup.Spec.Scale.ConcurrencyLimit) - Rounding, "whoever is served has an instance that is awake");
        Require(outcome.GbSeconds >= (outcome.InstanceSeconds * setup.Costs.RunningGb) - Rounding, "what is awake holds its memory");
        Require(outcome.WaitMost > 0 || outcome.Refused > 0 || outcome.InstanceSeconds >= profile.InstanceSeconds - Rounding, "without waits nobody is below the bound");
        Require(outcome.Policy == "always-on" || outcome.Policy == Replayer.Clairvoyant || outcome.InstancesMost <= setup.Spec.Scale.Max, "max is kept");
        return broken;
    }

    /// <summary>Its one instance takes requests and is counted as frozen.</summary>
    private sealed class Sleepwalker : IReplayPolicy
    {
        public string Name => "sleepwalker";

        public void Begin(ReplayWorld world)
        {
            var instance = world.Add(new InstanceId("replay-1"));
            instance.Tier = Tier.Frozen;
            world.Count(instance);
            world.Open(instance);
        }

        public void FirstWaits()
        {
        }

        public void Drained(ReplayInstance instance)
        {
        }

        public void Expired()
        {
        }
    }
}
