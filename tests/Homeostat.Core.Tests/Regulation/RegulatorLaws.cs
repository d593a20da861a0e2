using FsCheck;
using FsCheck.Fluent;
using Homeostat.Core.Regulation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Core.Tests.Regulation;

/// <summary>Single steps on arbitrary states, also those no history would reach; histories are played by the simulation.</summary>
public sealed class RegulatorLaws
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(3000);

    [Fact]
    public void Law_EveryPlanIsSound() => Check(scene => Assert.Empty(PlanCheck.Find(scene.Input, ServiceRegulator.Step(scene.Input, new WaitCostPolicy()))));

    [Fact]
    public void Law_AnAppliedPlan_IsEmptyWhenLookedAtAgain() => Check(scene =>
    {
        // An answered wish leaves, and the world is another one.
        scene.Wish = null;
        var plan = scene.Step();
        var applied = Apply(scene.Input, plan);
        var again = ServiceRegulator.Step(applied, new WaitCostPolicy());
        Assert.True(again.Commands.Count == 0, $"first {string.Join(", ", plan.Commands)}; again {string.Join(", ", again.Commands)}");
    });

    [Fact]
    public void Law_MoreWaiting_NeverWakesFewer() => Check(scene =>
    {
        scene.Wish = null;
        scene.Waiting = 1;
        var few = Woken(scene.Step());
        scene.Waiting = 500;
        Assert.True(Woken(scene.Step()) >= few);
    });

    [Fact]
    public void Law_TheSameInput_GivesTheSamePlan() => Check(scene =>
    {
        var (one, two) = (scene.Step(), scene.Step());
        Assert.Equal(one.Commands, two.Commands);
        Assert.Equal(one.LookAgainAt, two.LookAgainAt);
        Assert.Equal(one.Memory, two.Memory);
    });

    [Fact]
    public void Law_WhoeverWaits_IsServedOrToldOrSomethingIsUnderWay() => Check(scene =>
    {
        scene.Waiting = 1;
        var plan = scene.Step();
        var input = scene.Input;
        var hope = plan.Verdict is not null || plan.Commands.Count > 0 || plan.LookAgainAt is not null
            || input.Instances.Any(i => i.IsOpen || i.Operation is not null) || input.State.Preparing;
        Assert.True(hope, "somebody waits and nothing will happen");
    });

    private static int Woken(RegulatorPlan plan) => plan.Commands.Count(c => c is RegulatorCommand.Start or RegulatorCommand.Wake);

    private static void Check(Action<Scene> law) =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            law(Arbitrary(new Random(seed)));
            return true;
        }).Check(Many);

    private static Scene Arbitrary(Random random)
    {
        var max = random.Next(1, 5);
        var scene = new Scene
        {
            Waiting = random.Next(3) == 0 ? random.Next(1, 100) : 0,
            WaitingSince = Scene.Now.AddMilliseconds(-random.Next(500)),
            Host = new HostAbilities(random.Next(4) > 0, random.Next(3) > 0, random.Next(4) > 0),
            Prepared = random.Next(10) > 0,
            MakingTemplate = random.Next(10) == 0,
            Wish = random.Next(4) == 0 ? new Wish(7, (WishKind)random.Next(3), (Tier)random.Next((int)Tier.Frozen, (int)Tier.Stopped + 1)) : null,
            Spec = Specs.Service() with { Scale = new ScaleSpec(random.Next(3) == 0 ? random.Next(max + 1) : 0, max) },
        };
        scene.Status = scene.Status with
        {
            Template = (TemplateState)random.Next(4),
            ClonesAllowed = random.Next(2) == 0,
            Checkpointable = random.Next(3) switch { 0 => null, 1 => false, _ => true },
            Spares = random.Next(2),
        };
        BackOff Pause() => random.Next(4) == 0
            ? new BackOff(random.Next(1, 9), Scene.Now.AddSeconds(random.Next(-60, 60)), new Failure(FailureKind.Environment, "x"), Scene.Now.AddSeconds(-random.Next(120)))
            : BackOff.None;
        scene.Memory = scene.Memory with { Starts = Pause(), Images = Pause(), Pauses = Pause(), Stops = Pause(), WishSeen = random.Next(6, 8) };
        for (var n = random.Next(max + 1); n > 0; n--)
        {
            Add(scene, random, $"i{n}");
        }

        return scene;
    }

    private static void Add(Scene scene, Random random, string id)
    {
        var tier = (Tier)random.Next((int)Tier.Running, (int)Tier.Image + 1);
        var operation = random.Next(4) switch
        {
            0 when tier == Tier.Running => Scene.Under(OperationKind.Sleeping, Tier.Frozen),
            0 => Scene.Under(OperationKind.Waking),
            1 when random.Next(3) == 0 => Scene.Under(OperationKind.Stopping, Tier.Stopped),
            _ => null,
        };
        var inFlight = tier == Tier.Running && operation is null && random.Next(2) == 0 ? random.Next(1, 17) : 0;
        var exit = operation is null && random.Next(10) == 0 ? new ExitInfo(1, null, false) : null;
        scene.With(
            id, tier, random.Next(3000), exit is null ? inFlight : 0, random.Next(4) == 0 ? Scene.Old : Scene.Current, operation,
            tier == Tier.Running && random.Next(10) == 0 ? random.Next(4000) : null, exit);
    }

    private static RegulatorInput Apply(RegulatorInput input, RegulatorPlan plan)
    {
        var views = new SortedDictionary<InstanceId, InstanceView>(input.Instances.ToDictionary(i => i.Id));
        var (state, prepared) = (input.State, input.Prepared.ToList());
        foreach (var command in plan.Commands)
        {
            switch (command)
            {
                case RegulatorCommand.Start start:
                    views[start.Id] = new InstanceView(start.Id, start.Revision, Tier.Starting, 0, input.Now, Operation: Scene.Under(OperationKind.Starting));
                    break;
                case RegulatorCommand.Wake wake:
                    views[wake.Id] = views[wake.Id] with { Operation = Scene.Under(OperationKind.Waking) };
                    break;
                case RegulatorCommand.Sleep sleep:
                    views[sleep.Id] = views[sleep.Id] with { Operation = Scene.Under(OperationKind.Sleeping, sleep.To) };
                    break;
                case RegulatorCommand.Stop stop:
                    views[stop.Id] = views[stop.Id] with { Operation = Scene.Under(OperationKind.Stopping, Tier.Stopped), DrainingSince = input.Now };
                    break;
                case RegulatorCommand.Drain drain:
                    views[drain.Id] = views[drain.Id] with { DrainingSince = input.Now, InFlight = Math.Max(1, views[drain.Id].InFlight) };
                    break;
                case RegulatorCommand.Prepare:
                    state = state with { Preparing = true };
                    break;
                case RegulatorCommand.MakeTemplate:
                    state = state with { MakingTemplate = true };
                    break;
                case RegulatorCommand.Forget forget:
                    prepared.Remove(forget.Revision);
                    break;
            }
        }

        return input with
        {
            Instances = [.. views.Values], State = state, Prepared = prepared, Memory = plan.Memory, Results = [],
        };
    }
}
