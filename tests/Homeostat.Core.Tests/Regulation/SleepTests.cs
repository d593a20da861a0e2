using Homeostat.Core.Regulation;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Core.Tests.Regulation;

public sealed class SleepTests
{
    // Declared by default: frozen after 10 s, image after 300 s, stopped after 1800 s.
    [Theory]
    [InlineData(Tier.Running, 9.9, null)]
    [InlineData(Tier.Running, 10, Tier.Frozen)]
    [InlineData(Tier.Frozen, 299, null)]
    [InlineData(Tier.Frozen, 300, Tier.Image)]
    [InlineData(Tier.Running, 300, Tier.Image)]
    [InlineData(Tier.Image, 1799, null)]
    [InlineData(Tier.Image, 1800, Tier.Stopped)]
    [InlineData(Tier.Running, 5000, Tier.Stopped)]
    public void Idle_GoesDownTheLadder_AtTheDeclaredTimes(Tier from, double idle, Tier? to) =>
        Assert.Equal(to, Target(new Scene().With("a", from, idle)));

    [Theory]
    [InlineData(true, Tier.PagedOut)]
    [InlineData(false, null)]
    public void WhereNoImageCanBeMade_ItIsPagedOut_WhereTheHostCan(bool pageOut, Tier? to)
    {
        var scene = new Scene { Host = HostAbilities.All with { PageOut = pageOut } }.With("a", Tier.Frozen, 400);
        scene.Status = scene.Status with { Template = TemplateState.Refused, Checkpointable = false };

        Assert.Equal(to, Target(scene));
    }

    [Fact]
    public void WithoutAFreezer_ItRunsUntilTheImage()
    {
        var host = HostAbilities.All with { Freeze = false };
        Assert.Null(Target(new Scene { Host = host }.With("a", Tier.Running, 60)));
        Assert.Equal(Tier.Image, Target(new Scene { Host = host }.With("a", Tier.Running, 300)));
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(10, 300)]
    [InlineData(300, 1800)]
    public void LooksAgain_WhenTheNextStepIsDue(double idle, double due)
    {
        var scene = new Scene().With("a", idle switch { 0 => Tier.Running, 10 => Tier.Frozen, _ => Tier.Image }, idle);

        Assert.Equal(Scene.Now.AddSeconds(due - idle), scene.Step().LookAgainAt);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void Busy_OrWaitedFor_IsNeverPutToSleep(int inFlight, int waiting)
    {
        var scene = new Scene { Waiting = waiting }.With("a", Tier.Running, 5000, inFlight);

        Assert.DoesNotContain(scene.Step().Commands, c => c is RegulatorCommand.Sleep or RegulatorCommand.Stop);
    }

    [Fact]
    public void DumpFailed_PagesOut_AndTriesTheImageAgainAfterTheBackOff()
    {
        var scene = new Scene().With("a", Tier.Frozen, 400);
        scene.Results.Add(new(new RegulatorCommand.Sleep(new("a"), Tier.Image), new Failure(FailureKind.DumpFailed, "x")));
        var plan = scene.Step();
        Assert.Equal(Tier.PagedOut, Assert.IsType<RegulatorCommand.Sleep>(Assert.Single(plan.Commands)).To);
        Assert.Equal(plan.Memory.Images.Until, plan.LookAgainAt);

        var later = new Scene { Memory = plan.Memory with { Images = plan.Memory.Images with { Until = Scene.Now } } }.With("a", Tier.PagedOut, 500);
        Assert.Equal(Tier.Image, Target(later));
    }

    [Fact]
    public void Wish_Sleep_TakesIdleInstancesThereAtOnce_AndIsAnsweredWhenTheyAre()
    {
        var wish = new Wish(1, WishKind.Sleep, Tier.Image);
        Assert.Equal(Tier.Image, Target(new Scene { Wish = wish }.With("a", Tier.Running, 1)));

        Assert.Equal(new WishAnswer(1, null), new Scene { Wish = wish }.With("a", Tier.Image, 1).Step().WishAnswer);
    }

    [Fact]
    public void Wish_Sleep_OfABusyService_IsRefusedWithTheReason()
    {
        var plan = new Scene { Wish = new Wish(1, WishKind.Sleep, Tier.Frozen) }.With("a", Tier.Running, 1, inFlight: 2).Step();

        Assert.Empty(plan.Commands);
        Assert.Contains("2 requests", plan.WishAnswer!.Why!.Message);
    }

    [Fact]
    public void Wish_Sleep_OfAServiceThatIsJustAnswering_WaitsAMoment()
    {
        var plan = new Scene { Wish = new Wish(1, WishKind.Sleep, Tier.Frozen, Scene.Now.AddMilliseconds(-500)) }.With("a", Tier.Running, 1, inFlight: 1).Step();

        Assert.Null(plan.WishAnswer);
        Assert.Equal(Scene.Now.AddMilliseconds(10), plan.LookAgainAt);
    }

    [Theory]
    [InlineData(null, "stopped")]
    [InlineData(Tier.Image, "asleep as an image")]
    public void Wish_Freeze_OfWhatDoesNotRun_SaysWhyNot(Tier? tier, string how)
    {
        var scene = new Scene { Wish = new Wish(1, WishKind.Sleep, Tier.Frozen) };
        var plan = (tier is { } asleep ? scene.With("a", asleep, 1) : scene).Step();
        Assert.Empty(plan.Commands);
        Assert.Contains(how, plan.WishAnswer!.Why!.Message, StringComparison.Ordinal);
        Assert.Equal("homeostat wake blog first", plan.WishAnswer.Why.Remedy);
    }

    [Fact]
    public void Wish_Sleep_WhenTheDumpFails_SaysWhy()
    {
        var scene = new Scene { Wish = new Wish(1, WishKind.Sleep, Tier.Image) }.With("a", Tier.Running, 1);
        scene.Results.Add(new(new RegulatorCommand.Sleep(new("a"), Tier.Image), new Failure(FailureKind.DumpFailed, "io_uring")));

        var plan = scene.Step();

        Assert.Equal("io_uring", plan.WishAnswer!.Why!.Message);
        Assert.Empty(plan.Commands);
    }

    [Fact]
    public void Template_IsMadeWhenNobodyWaits()
    {
        var scene = new Scene();
        scene.Status = scene.Status with { Template = TemplateState.None, ClonesAllowed = false, Checkpointable = null };
        Assert.IsType<RegulatorCommand.MakeTemplate>(Assert.Single(scene.Step().Commands));

        scene.Waiting = 1;
        Assert.DoesNotContain(scene.Step().Commands, c => c is RegulatorCommand.MakeTemplate);

        scene.Waiting = 0;
        scene.Spec = scene.Spec with { Checkpoint = new CheckpointSpec() with { Mode = CheckpointMode.Off } };
        Assert.Empty(scene.Step().Commands);
    }

    [Theory]
    [InlineData(WishKind.Checkpoint, true, "taken anew")]
    [InlineData(WishKind.Image, false, "looked at")]
    public void Wish_Template_WhereThereIsOne_IsAnsweredOnceTheDriverIsThrough(WishKind kind, bool anew, string reason)
    {
        var wish = new Wish(1, kind);
        var scene = new Scene { Wish = wish };
        scene.Status = scene.Status with { Template = TemplateState.Ready };

        var plan = scene.Step();

        Assert.Equal(anew, Assert.IsType<RegulatorCommand.MakeTemplate>(Assert.Single(plan.Commands)).Anew);
        Assert.Contains(reason, Assert.Single(plan.Decisions).Reason, StringComparison.Ordinal);
        Assert.Null(plan.WishAnswer);
        var next = new Scene { Wish = wish, Memory = plan.Memory };
        next.Status = next.Status with { Template = TemplateState.Ready };
        plan = next.Step();
        Assert.Equal(new WishAnswer(1, null), plan.WishAnswer);
        Assert.Empty(plan.Commands);
    }

    private static Tier? Target(Scene scene) => scene.Step().Commands.SingleOrDefault() switch
    {
        RegulatorCommand.Sleep sleep => sleep.To,
        RegulatorCommand.Stop => Tier.Stopped,
        null => null,
        var other => throw new InvalidOperationException(other.ToString()),
    };
}
