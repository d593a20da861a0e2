using Homeostat.Core.Replay;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Core.Tests.Replay;

/// <summary>Traces small enough to be reckoned by hand.</summary>
public sealed class ReplayerTests
{
    private static readonly WakeCosts Costs = WakeCosts.BuiltIn;

    private static readonly IdleSpec Idle = new(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30));

    [Fact]
    public void Homeostat_OneRequest_WaitsForTheClone_AndIsFrozenAfterTheDeclaredTime()
    {
        var outcome = ReplayScene.Timed(WithIdle(Idle), 1, 10, 100).Run("homeostat");

        // Clone, 1 s of work, 10 s until it is frozen, the freeze; thaw, and the trace ends when the second one is served.
        var wanted = Costs.Template + Costs.Freeze + Costs.Thaw + TimeSpan.FromSeconds(1 + 10 + 1);
        Assert.Equal(wanted.TotalSeconds, outcome.InstanceSeconds, 6);
        Assert.Equal(Costs.Template.TotalSeconds, outcome.WaitMost, 6);
        Assert.Equal(Costs.Thaw.TotalSeconds, outcome.WaitP50, 6);
        Assert.Equal(2, outcome.Wakes);
        Assert.Equal(0, outcome.Refused);
    }

    [Fact]
    public void Homeostat_LongPause_SleepsAsAnImage_AndHoldsNoMemory()
    {
        var outcome = ReplayScene.Timed(WithIdle(Idle), 1, 0, 1000).Run("homeostat");

        // Awake or frozen for five minutes; then the image's cell alone.
        var held = 1 + 300 + Costs.Template.TotalSeconds;
        Assert.Equal((held * Costs.RunningGb) + (700 * Costs.ImageGb) + Costs.RunningGb, outcome.GbSeconds, 0.01);
        Assert.Equal(1, outcome.Actions["image"]);
        Assert.Equal(Costs.Restore.TotalSeconds, outcome.WaitP50, 6);
    }

    [Fact]
    public void IdleTimer_StopsAtTheScanAfterFiveMinutes()
    {
        var outcome = ReplayScene.Timed(ReplayScene.Setup(), 1, 0, 1000).Run("idle-timer");

        // Started at 0, idle from 1.015, five minutes: over at 301.015, seen by the scan at 320; and 1 s again from 1000.
        Assert.Equal(320 + Costs.Stop.TotalSeconds + Costs.Template.TotalSeconds + 1, outcome.InstanceSeconds, 6);
        Assert.Equal(2, outcome.Wakes);
    }

    [Fact]
    public void Knative_WithoutRequests_TheFirstInstanceGoesAfterWindowAndGrace()
    {
        var outcome = ReplayScene.Timed(ReplayScene.Setup(), 1, 1000).Run("kpa");

        // 60 s of window, 30 s of grace; then a request wakes it at once.
        Assert.Equal(90 + Costs.Stop.TotalSeconds + Costs.Template.TotalSeconds + 1, outcome.InstanceSeconds, 6);
        Assert.Equal(Costs.Template.TotalSeconds, outcome.WaitMost, 6);
    }

    [Fact]
    public void Keda_ARequestAtZero_WaitsForThePoll()
    {
        var outcome = ReplayScene.Timed(ReplayScene.Setup(), 1, 61).Run("keda");

        Assert.Equal(29 + Costs.Template.TotalSeconds, outcome.WaitMost, 6);
    }

    [Fact]
    public void AlwaysOn_NobodyWaits()
    {
        var outcome = ReplayScene.Timed(ReplayScene.Setup(new ScaleSpec(0, 10, 1, 2)), 10, 1, 1, 1, 1, 1).Run("always-on");

        Assert.Equal(0, outcome.WaitMost);
        Assert.Equal(3 * 11, outcome.InstanceSeconds, 6);
    }

    [Fact]
    public void Clairvoyant_CountsLevels_AndGapsOnlyUpToAWake()
    {
        // Two at once with one slot each: two levels. The second request of level 1 comes 0.3 ms after the first ended, within a thaw; the last one much later.
        var replayer = ReplayScene.Timed(ReplayScene.Setup(new ScaleSpec(0, 10, 1, 1)), 1, 10, 10.5, 11.0003, 50);

        var thaw = Costs.Thaw.TotalSeconds;
        Assert.Equal(4 + thaw + thaw + 0.0003 + thaw, replayer.Profile.InstanceSeconds, 6);
        Assert.Equal((2, 2, 3L), (replayer.Profile.Peak, replayer.Profile.PeakInstances, replayer.Profile.Wakes));
    }

    /// <summary>A start that takes long must not make the looks rare: with 900 ms it was awake for 450 ms after each thaw.</summary>
    [Fact]
    public void Homeostat_SlowStarts_AreFoundIdleAsSoonAsQuickOnes()
    {
        var setup = ReplayScene.Setup();
        var slow = setup with { Clones = false, Costs = Costs with { Cold = TimeSpan.FromMilliseconds(900) }, Spec = setup.Spec with { Checkpoint = setup.Spec.Checkpoint with { Mode = CheckpointMode.Off } } };
        var minutes = Enumerable.Repeat(20.0, 120).ToArray();

        var quick = ReplayScene.Counted(setup, ServiceTime.Default, minutes).Run("homeostat");
        Assert.InRange(ReplayScene.Counted(slow, ServiceTime.Default, minutes).Run("homeostat").InstanceSeconds, 0, quick.InstanceSeconds * 1.1);
    }

    /// <summary>A forecast keeps what is slow to start, but a frozen instance is no slow start: it costs no time of the processor.</summary>
    [Fact]
    public void HomeostatAuto_SlowStarts_KeepsWhatIsForeseenFrozen()
    {
        var setup = ReplayScene.Setup();
        var slow = setup with
        {
            Clones = false, Costs = Costs with { Cold = TimeSpan.FromMilliseconds(900) },
            Spec = setup.Spec with { Checkpoint = setup.Spec.Checkpoint with { Mode = CheckpointMode.Off }, Idle = new IdleSpec(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30)) },
        };
        // Every 2 minutes a request or so, for 4 hours: without the forecast most are cold starts.
        var replayer = ReplayScene.Counted(slow, ServiceTime.Default, [.. Enumerable.Range(0, 240).Select(i => i % 2 == 0 ? 2.0 : 0.0)]);

        var (reactive, auto) = (replayer.Run("homeostat"), replayer.Run("homeostat+auto"));
        Assert.True(auto.WaitMean < reactive.WaitMean / 3, $"{auto.WaitMean} s, {reactive.WaitMean} s without a forecast");
        Assert.True(auto.InstanceSeconds < reactive.InstanceSeconds * 1.2, $"{auto.InstanceSeconds}, {reactive.InstanceSeconds} without a forecast");
    }

    [Fact]
    public void Homeostat_IsNotAsked_WhenASlotIsFree()
    {
        // So busy that it is never idle, and far from its target.
        var setup = ReplayScene.Setup(new ScaleSpec(0, 1, 500, 1000)) with { DecisionsKept = 100 };
        var few = ReplayScene.Counted(setup, ServiceTime.Default, 12_000, 12_000).Run("homeostat");
        var many = ReplayScene.Counted(setup, ServiceTime.Default, 48_000, 48_000).Run("homeostat");

        Assert.True(many.Actions.Values.Sum() <= few.Actions.Values.Sum() + 2, $"{many.Actions.Values.Sum()} decisions, {few.Actions.Values.Sum()} at a quarter of the load");
        Assert.Equal(few.Decisions.Count, (int)few.Actions.Values.Sum());
    }

    [Fact]
    public void Run_OfAnUnknownPolicy_IsAnError() => Assert.Throws<ArgumentException>(() => ReplayScene.Timed(ReplayScene.Setup(), 1, 1).Run("knative"));

    private static ReplaySetup WithIdle(IdleSpec idle)
    {
        var setup = ReplayScene.Setup();
        return setup with { Spec = setup.Spec with { Idle = idle } };
    }
}
