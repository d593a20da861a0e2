using Homeostat.Core.Regulation;
using Homeostat.Core.Runtime;
using Xunit;

namespace Homeostat.Core.Tests.Regulation;

public sealed class ReplacementTests
{
    [Fact]
    public void OldRuns_TheNewIsMadeBeforeItIsBroken()
    {
        var make = new Scene().With("old", Tier.Running, 1, inFlight: 3, revision: Scene.Old).Step();
        Assert.Equal(Scene.Current, Assert.IsType<RegulatorCommand.Start>(Assert.Single(make.Commands)).Revision);

        var drain = new Scene().With("old", Tier.Running, 1, inFlight: 3, revision: Scene.Old).With("z", Tier.Running).Step();
        Assert.Equal(new RegulatorCommand.Drain(new("old")), Assert.Single(drain.Commands));
    }

    [Theory]
    [InlineData(1, 5, null)]
    [InlineData(1, 3600, true)]
    [InlineData(0, 5, false)]
    public void Draining_IsStopped_OnceItsWorkIsOver_OrItsTime(int inFlight, double draining, bool? force)
    {
        var plan = new Scene().With("old", Tier.Running, 1, inFlight, Scene.Old, draining: draining).With("z", Tier.Running).Step();

        Assert.Equal(force, plan.Commands.OfType<RegulatorCommand.Stop>().SingleOrDefault()?.Force);
    }

    [Fact]
    public void OldSleeps_IsStopped_AndTheNewIsNotStartedForIt()
    {
        var plan = new Scene().With("old", Tier.Image, 1, revision: Scene.Old).Step();

        Assert.IsType<RegulatorCommand.Stop>(Assert.Single(plan.Commands));
    }

    [Fact]
    public void NewFails_OldGoesOnServing()
    {
        var scene = new Scene { Waiting = 2 }.With("old", Tier.Running, 1, inFlight: 16, revision: Scene.Old);
        scene.Results.Add(new(new RegulatorCommand.Start(new("z"), Scene.Current, StartWay.Cold, Scene.Limits), new Failure(FailureKind.ProgramExited, "exit code 1")));

        var plan = scene.Step();

        Assert.Empty(plan.Commands);
        Assert.Null(plan.Verdict);
        Assert.Equal(plan.Memory.Starts.Until, plan.LookAgainAt);
    }

    [Fact]
    public void OldRevision_IsForgotten_WhenNoInstanceOfItIsLeft()
    {
        var scene = new Scene();
        scene.Held.Insert(0, Scene.Old);
        Assert.Equal(new RegulatorCommand.Forget(Scene.Old), Assert.Single(scene.Step().Commands));

        scene.With("old", Tier.Running, revision: Scene.Old, operation: Scene.Under(OperationKind.Stopping));
        Assert.Empty(scene.Step().Commands);
    }

    [Fact]
    public void Remove_Drains_Stops_Forgets_AndIsDone()
    {
        Assert.IsType<RegulatorCommand.Drain>(Assert.Single(Removing().With("a", Tier.Running, inFlight: 1).Step().Commands));
        Assert.Empty(Removing().With("a", Tier.Running, inFlight: 1, draining: 5).Step().Commands);
        Assert.IsType<RegulatorCommand.Stop>(Assert.Single(Removing().With("a", Tier.Running, inFlight: 1, draining: 10).Step().Commands));
        Assert.IsType<RegulatorCommand.Stop>(Assert.Single(Removing().With("a", Tier.Image).Step().Commands));
        Assert.IsType<RegulatorCommand.Forget>(Assert.Single(Removing().Step().Commands));
        var end = Removing();
        end.Held.Clear();
        Assert.True(end.Step().Done);
    }

    [Fact]
    public void Remove_TellsWhoWaits() => Assert.NotNull(new Scene { Mode = RegulatorMode.Remove, Waiting = 1 }.Step().Verdict);

    [Fact]
    public void Retire_LeavesImagesOnly()
    {
        var scene = new Scene { Mode = RegulatorMode.Retire }.With("a", Tier.Frozen).With("b", Tier.Image).With("c", Tier.Running, draining: 1);
        Assert.Equal(
            [new RegulatorCommand.Sleep(new("a"), Tier.Image), new RegulatorCommand.Sleep(new("c"), Tier.Image)], scene.Step().Commands);
        Assert.True(new Scene { Mode = RegulatorMode.Retire }.With("b", Tier.Image).Step().Done);

        var undumpable = new Scene { Mode = RegulatorMode.Retire }.With("a", Tier.Frozen);
        undumpable.Status = undumpable.Status with { Checkpointable = false };
        Assert.IsType<RegulatorCommand.Stop>(Assert.Single(undumpable.Step().Commands));
    }

    private static Scene Removing() => new() { Mode = RegulatorMode.Remove };
}
