using Homeostat.Core.Regulation;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Core.Tests.Regulation;

public sealed class ActivationTests
{
    [Fact]
    public void Waiting_NothingRuns_StartsOne_WhoeverManyWait()
    {
        var plan = new Scene { Waiting = 1000 }.Step();

        var start = Assert.IsType<RegulatorCommand.Start>(Assert.Single(plan.Commands));
        Assert.Equal((StartWay.Clone, "blog-10"), (start.Way, start.Id.Value));
        Assert.Equal("GET /cart", Assert.Single(plan.Decisions).Trigger);
    }

    [Fact]
    public void Waiting_AStartIsUnderWay_NothingMore() =>
        Assert.Empty(new Scene { Waiting = 1000 }.With("a", Tier.Starting, operation: Scene.Under(OperationKind.Starting)).Step().Commands);

    [Theory]
    [InlineData("frozen,paged,image", 1, "Wake f Frozen")]
    [InlineData("paged,image", 1, "Wake p PagedOut")]
    [InlineData("image", 1, "Start Spare")]
    [InlineData("image", 0, "Wake i Image")]
    [InlineData("", 1, "Start Spare")]
    [InlineData("", 0, "Start Clone")]
    public void Ways_TheQuickestFirst(string asleep, int spares, string expected)
    {
        var scene = new Scene { Waiting = 1 };
        scene.Status = scene.Status with { Spares = spares };
        foreach (var tier in asleep.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            scene.With(tier[..1], tier switch { "frozen" => Tier.Frozen, "paged" => Tier.PagedOut, _ => Tier.Image }, idle: 1);
        }

        var text = Assert.Single(scene.Step().Commands) switch
        {
            RegulatorCommand.Wake wake => $"Wake {wake.Id} {wake.From}",
            RegulatorCommand.Start start => $"Start {start.Way}",
            var other => other.ToString(),
        };

        Assert.Equal(expected, text);
    }

    [Theory]
    [InlineData(TemplateState.None)]
    [InlineData(TemplateState.Refused)]
    public void NoTemplate_StartsColdAndSaysWhy(TemplateState state)
    {
        var scene = new Scene { Waiting = 1 };
        scene.Status = scene.Status with { Template = state, ClonesAllowed = false };

        var plan = scene.Step();

        Assert.Equal(StartWay.Cold, Assert.IsType<RegulatorCommand.Start>(plan.Commands[0]).Way);
        Assert.Contains("clone", Assert.Single(plan.Decisions[0].Alternatives));
    }

    [Fact]
    public void RestoreFailed_TheSameWaiters_GetAColdStart_AndImagesBackOff()
    {
        var scene = new Scene { Waiting = 3 };
        scene.Results.Add(new(new RegulatorCommand.Wake(new("i"), Tier.Image, Scene.Limits), new Failure(FailureKind.RestoreFailed, "bad image")));

        var plan = scene.Step();

        Assert.Null(plan.Verdict);
        Assert.Equal(StartWay.Cold, Assert.IsType<RegulatorCommand.Start>(Assert.Single(plan.Commands)).Way);
        Assert.Equal(Scene.Now.AddSeconds(30), plan.Memory.Images.Until);
        Assert.Contains(plan.Decisions, d => d.Failure?.Kind == FailureKind.RestoreFailed);
    }

    [Fact]
    public void ColdStartFailed_TheWaiters_AreToldAndTheNextStartBacksOff()
    {
        var scene = new Scene { Waiting = 3 };
        scene.Results.Add(new(new RegulatorCommand.Start(new("i"), Scene.Current, StartWay.Cold, Scene.Limits), new Failure(FailureKind.ProgramExited, "exit code 3")));

        var plan = scene.Step();

        Assert.Empty(plan.Commands);
        Assert.True(plan.Verdict!.StartFailed);
        Assert.Equal(TimeSpan.FromSeconds(1), plan.Verdict.RetryAfter);
    }

    [Fact]
    public void OutOfAddresses_IsNotTheProgramsFault()
    {
        var scene = new Scene { Waiting = 3 };
        scene.Results.Add(new(new RegulatorCommand.Start(new("i"), Scene.Current, StartWay.Clone, Scene.Limits), new Failure(FailureKind.NoAddress, "none")));

        var plan = scene.Step();

        Assert.False(plan.Verdict!.StartFailed);
        Assert.Equal(0, plan.Memory.Images.Failures);
    }

    [Fact]
    public void DuringTheBackOff_Waiters_AreToldAtOnce_ButWhatIsFrozenWakes()
    {
        var memory = RegulatorMemory.Initial(1) with { Revision = Scene.Current, Starts = new BackOff(3, Scene.Now.AddSeconds(4), new(FailureKind.ProgramExited, "exit code 3"), Scene.Now) };

        var refused = new Scene { Waiting = 1, Memory = memory }.Step();
        Assert.Empty(refused.Commands);
        Assert.Equal((false, TimeSpan.FromSeconds(4)), (refused.Verdict!.StartFailed, refused.Verdict.RetryAfter));

        var thawed = new Scene { Waiting = 1, Memory = memory }.With("f", Tier.Frozen).Step();
        Assert.IsType<RegulatorCommand.Wake>(Assert.Single(thawed.Commands));
        Assert.Null(thawed.Verdict);
    }

    [Fact]
    public void BackOff_Grows_AndJitterBoundsIt()
    {
        var backOff = BackOff.None;
        var failure = new Failure(FailureKind.ProgramExited, "x");
        double[] expected = [1, 2, 4, 8, 16, 32, 60, 60];
        foreach (var seconds in expected)
        {
            Assert.InRange((backOff.Fail(Scene.Now, failure, 0, BackOffSchedule.Start).Until! - Scene.Now).Value.TotalSeconds, (0.8 * seconds) - 0.001, 0.8 * seconds + 0.001);
            backOff = backOff.Fail(Scene.Now, failure, 1, BackOffSchedule.Start);
            Assert.InRange((backOff.Until! - Scene.Now).Value.TotalSeconds, (1.2 * seconds) - 0.001, (1.2 * seconds) + 0.001);
        }
    }

    [Fact]
    public void Crash_OfAReadyProgram_IsStartedAgainAtOnce_TheSecondTimeLater()
    {
        var first = new Scene { Waiting = 1 }.With("a", Tier.Stopped, exit: new ExitInfo(1, null, false)).Step();
        Assert.Equal(["Stop", "Start"], first.Commands.Select(c => c.GetType().Name));

        var second = new Scene { Waiting = 1, Memory = first.Memory }.With("b", Tier.Stopped, exit: new ExitInfo(1, null, false)).Step();
        Assert.IsType<RegulatorCommand.Stop>(Assert.Single(second.Commands));
        Assert.Equal(Scene.Now.AddSeconds(1), second.Memory.Starts.Until);
    }

    [Fact]
    public void StartFailures_AreForgotten_OnceAnInstanceThatCameLater_HasServedAndLives()
    {
        var failed = RegulatorMemory.Initial(1) with { Revision = Scene.Current, Starts = new BackOff(5, null, new(FailureKind.ProgramExited, "x"), Scene.Now.AddSeconds(-20)) };

        Assert.Equal(5, new Scene { Memory = failed }.With("a", Tier.Running, idle: 10).Step().Memory.Starts.Failures);
        Assert.Equal(0, new Scene { Memory = failed }.With("a", Tier.Running, idle: 2, ready: 10).Step().Memory.Starts.Failures);
        Assert.Equal(5, new Scene { Memory = failed }.With("a", Tier.Running, idle: 2, ready: 30).Step().Memory.Starts.Failures);

        // The request may be the one that ends it: a moment later is known.
        var soon = new Scene { Memory = failed }.With("a", Tier.Running, idle: 0.2, ready: 10).Step();
        Assert.Equal((5, Scene.Now.AddSeconds(0.8)), (soon.Memory.Starts.Failures, soon.LookAgainAt));
    }

    [Fact]
    public void Saturated_ForLongerThanThePatience_ScalesOut_CappedByMax()
    {
        var scene = new Scene { Waiting = 984, WaitingSince = Scene.Now.AddMilliseconds(-500) };
        scene.With("a", Tier.Running, idle: 0.05, inFlight: 16);
        var patient = scene.Step();
        Assert.Empty(patient.Commands);
        Assert.Equal(Scene.Now.AddMilliseconds(50), patient.LookAgainAt);

        var longer = new Scene { Waiting = 984, WaitingSince = Scene.Now.AddMilliseconds(-500) }.With("a", Tier.Running, idle: 1, inFlight: 16).Step();
        Assert.Equal(9, longer.Commands.Count);
        Assert.Contains("capped from 125 by max 10", longer.Decisions[0].Reason);
    }

    [Fact]
    public void Min_IsStartedWithoutDemand_AndSurvivesSleep()
    {
        var scene = new Scene { Spec = Testing.Specs.Service() with { Scale = new ScaleSpec(Min: 2) } };
        Assert.Equal(2, scene.Step().Commands.Count(c => c is RegulatorCommand.Start));

        var idle = new Scene { Spec = scene.Spec }.With("a", Tier.Running, idle: 9999).With("b", Tier.Running, idle: 50).With("c", Tier.Running, idle: 20).Step();
        Assert.Equal("a", Assert.Single(idle.Commands).About!.Value.Value);
    }

    [Fact]
    public void AsleepInstances_CountToMax_SoThatNoneIsStartedBesideThem()
    {
        var scene = new Scene { Waiting = 1, Spec = Testing.Specs.Service() with { Scale = new ScaleSpec(Max: 1) } };
        scene.Memory = scene.Memory with { Images = new BackOff(1, Scene.Now.AddMinutes(1), new(FailureKind.RestoreFailed, "x"), Scene.Now) };
        scene.With("i", Tier.Image);

        Assert.IsType<RegulatorCommand.Wake>(Assert.Single(scene.Step().Commands));
    }

    [Fact]
    public void NotPrepared_PreparesFirst_AndHoldsTheWaiters()
    {
        var plan = new Scene { Waiting = 1, Prepared = false }.Step();

        Assert.IsType<RegulatorCommand.Prepare>(Assert.Single(plan.Commands));
        Assert.Null(plan.Verdict);
    }

    [Fact]
    public void Wish_Wake_EndsTheBackOff_AndIsAnsweredWhenItRuns()
    {
        var scene = new Scene { Wish = new Wish(1, WishKind.Wake) };
        scene.Memory = scene.Memory with { Starts = new BackOff(3, Scene.Now.AddSeconds(40), new(FailureKind.ProgramExited, "x"), Scene.Now) };
        var plan = scene.Step();
        Assert.IsType<RegulatorCommand.Start>(Assert.Single(plan.Commands));
        Assert.Null(plan.WishAnswer);

        Assert.Equal(new WishAnswer(1, null), new Scene { Wish = scene.Wish, Memory = plan.Memory }.With("a", Tier.Running).Step().WishAnswer);
    }
}
