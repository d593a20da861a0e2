using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Runtime;

namespace Homeostat.Core.Regulation;

/// <summary>
/// Keeps one service in its best state: looks at demand, instances and images, and answers with commands. Pure and synchronous; all branches that choose
/// between parts are here, each part is a file beside this one.
/// </summary>
/// <remarks>
/// <code>
///   results of commands -> Absorb -> back-offs
///   ended programs      -> Reap
///   Serve:  Prepare -> Replace old revisions -> Resize -> Activate (who waits, min, forecast, wake) -> Reserve -> Sleep (tier ladder) -> Template -> answer wish and waiters
///   Remove: drain, stop, forget                       Retire: drain, image or stop
/// </code>
/// Level-triggered: a step looks at the whole truth, so a lost event costs time, never correctness. Applied and looked at again, a plan is empty.
/// </remarks>
public static class ServiceRegulator
{
    /// <summary>A program that ran this long is healthy: earlier failures are forgotten.</summary>
    public static readonly TimeSpan HealthyAfter = TimeSpan.FromMinutes(1);

    /// <summary>A program that lives this long after it served is well: a request that kills its program does not count as served.</summary>
    public static readonly TimeSpan ServedAfter = TimeSpan.FromSeconds(1);

    /// <summary>From SIGTERM to SIGKILL.</summary>
    public static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);

    public static RegulatorPlan Step(RegulatorInput input, IScalePolicy policy)
    {
        var plan = new PlanBuilder(input);
        ResultAbsorption.Plan(plan);
        Reap(plan);
        switch (input.Mode)
        {
            case RegulatorMode.Remove:
                EndingPlanner.Remove(plan);
                break;
            case RegulatorMode.Retire:
                EndingPlanner.Retire(plan);
                break;
            default:
                Serve(plan, policy);
                break;
        }

        return plan.Build();
    }

    private static void Serve(PlanBuilder plan, IScalePolicy policy)
    {
        WishPlanner.Begin(plan);
        Prepare(plan);
        ReplacementPlanner.Plan(plan);
        ResizePlanner.Plan(plan);
        ActivationPlanner.Plan(plan, policy);
        ReservePlanner.Plan(plan);
        plan.LookAgain(plan.Input.Load.LookAgainAt);
        WishPlanner.Sleep(plan);
        SleepPlanner.Plan(plan);
        Template(plan);
        ForgetOlder(plan);
        WishPlanner.Answer(plan);
        plan.Ask = ResizePlanner.AskOf(plan);
    }

    /// <summary>Removes what ended by itself. The command marks the instance, so each end is counted once.</summary>
    private static void Reap(PlanBuilder plan)
    {
        foreach (var instance in plan.Input.Instances.Where(i => plan.IsFree(i) && IsOver(plan, i)))
        {
            if (plan.Memory.Stops.Holds(plan.Now))
            {
                plan.LookAgain(plan.Memory.Stops.Until);
                continue;
            }

            plan.Command(new RegulatorCommand.Stop(instance.Id, TimeSpan.Zero, Force: true));
            if (instance.Exit is { } exit && instance.Revision == plan.Input.Current.Id)
            {
                var failure = new Failure(FailureKind.ProgramExited, $"{instance.Id} ended: {exit}", exit.RemedyFor(plan.Spec.Service));
                plan.Memory = plan.Memory with { Starts = plan.Memory.Starts.Fail(plan.Now, failure, plan.Input.Jitter, BackOffSchedule.Crash) };
                plan.Record("stop", $"{failure.Message}; {failure.Remedy}", "exit", instance.Id, plan.Memory.Starts.Until, failure);
            }
            else
            {
                var reason = instance switch { { Exit: { } end } => $"it ended: {end}", { Tier: Tier.Starting } => "nobody waits for its start any more", { DrainingSince: not null } => "an earlier stop failed", _ => "it ended" };
                plan.Record("stop", reason, "exit", instance.Id);
            }
        }

        ForgetFailures(plan);
    }

    private static bool IsOver(PlanBuilder plan, InstanceView instance) =>
        instance.Exit is not null || instance.Tier is Tier.Stopped or Tier.Starting
        || (plan.Input.Mode == RegulatorMode.Serve && instance.DrainingSince is not null && instance.Revision == plan.Input.Current.Id);

    /// <summary>Failures are forgotten once an instance that became ready after the last one has served, or any is healthy and the last failure is as old.</summary>
    private static void ForgetFailures(PlanBuilder plan)
    {
        var starts = plan.Memory.Starts;
        if (starts.At is not { } failed || starts.Holds(plan.Now))
        {
            return;
        }

        var served = plan.Current.Where(i => i.IsOpen && i.ReadyAt > failed && i.IdleSince > i.ReadyAt && i.InFlight == 0)
            .Select(i => i.IdleSince + ServedAfter).DefaultIfEmpty(DateTimeOffset.MaxValue).Min();
        if (served <= plan.Now || (failed + HealthyAfter <= plan.Now && plan.Current.Any(i => i.IsOpen && i.ReadyAt + HealthyAfter <= plan.Now)))
        {
            plan.Memory = plan.Memory with { Starts = BackOff.None };
        }
        else if (served < DateTimeOffset.MaxValue)
        {
            plan.LookAgain(served);
        }
    }

    private static void Prepare(PlanBuilder plan)
    {
        if (plan.Input.State is { Prepared: false, Preparing: false })
        {
            if (plan.Memory.Starts.Holds(plan.Now))
            {
                plan.LookAgain(plan.Memory.Starts.Until);
                return;
            }

            plan.Command(new RegulatorCommand.Prepare(plan.Input.Current.Id));
        }
    }

    /// <summary>Takes the template while nobody waits for the processor.</summary>
    private static void Template(PlanBuilder plan)
    {
        var state = plan.Input.State;
        var wished = plan.Input.Wish is { Kind: WishKind.Checkpoint or WishKind.Image } wish && wish.Id > plan.Input.Memory.WishSeen;
        var anew = wished && plan.Input.Wish is { Kind: WishKind.Checkpoint };
        // Also where there is one: the driver looks whether it is still good, and keeps it if so.
        var due = state.Status?.Template == TemplateState.None || (wished && state.Status?.Template is TemplateState.Refused or TemplateState.Ready);
        if (!plan.ImagesDeclared || !state.Prepared || state.MakingTemplate || !due)
        {
            return;
        }

        if (!plan.ImagesUsable)
        {
            plan.LookAgain(plan.Memory.Images.Until);
            return;
        }

        var calm = plan.Input.Demand.Waiting == 0 && plan.Added == 0
            && plan.Current.All(i => i.Operation?.Kind is not (OperationKind.Starting or OperationKind.Waking));
        if (calm || wished)
        {
            plan.Command(new RegulatorCommand.MakeTemplate(plan.Input.Current.Id, anew));
            var reason = (state.Status?.Template, anew) switch
            {
                (TemplateState.Ready, true) => "the template image is taken anew",
                (TemplateState.Ready, false) => "the template image is looked at, and taken anew if it is damaged",
                _ => "the revision has no template image yet",
            };
            plan.Record("template", reason, wished ? "operator" : "revision");
        }
    }

    /// <summary>Gives back what older revisions hold, once no instance of theirs is left.</summary>
    private static void ForgetOlder(PlanBuilder plan)
    {
        foreach (var revision in plan.Input.Prepared.Where(r => r != plan.Input.Current.Id && plan.Input.Instances.All(i => i.Revision != r)))
        {
            if (plan.Memory.Stops.Holds(plan.Now))
            {
                plan.LookAgain(plan.Memory.Stops.Until);
                return;
            }

            plan.Command(new RegulatorCommand.Forget(revision));
        }
    }
}
