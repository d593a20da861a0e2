using Homeostat.Core.Runtime;

namespace Homeostat.Core.Regulation;

/// <summary>Ends a service: because it was removed, or because the platform stops.</summary>
internal static class EndingPlanner
{
    /// <summary>Work in flight may go on this long.</summary>
    public static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(10);

    /// <summary>Drains, stops everything, gives back what every revision holds.</summary>
    public static void Remove(PlanBuilder plan)
    {
        Refuse(plan, new Failure(FailureKind.NotFound, $"{plan.Spec.Service} was removed"));
        foreach (var instance in Endable(plan))
        {
            if (IsDrained(plan, instance, "the service was removed"))
            {
                Stop(plan, instance, "the service was removed");
            }
        }

        if (plan.Input.Instances.Count > 0 || plan.Input.State is { Preparing: true } or { MakingTemplate: true } || HoldsStops(plan))
        {
            return;
        }

        foreach (var revision in plan.Input.Prepared)
        {
            plan.Command(new RegulatorCommand.Forget(revision));
        }

        plan.Done = plan.Input.Prepared.Count == 0;
    }

    /// <summary>
    /// Drains; what can be imaged goes to sleep as an image, which the next start of the platform takes up, the rest is stopped. Templates stay on disk.
    /// </summary>
    public static void Retire(PlanBuilder plan)
    {
        Refuse(plan, new Failure(FailureKind.Cancelled, "the platform is stopping"));
        foreach (var instance in Endable(plan).Where(i => i.Tier != Tier.Image))
        {
            if (!IsDrained(plan, instance, "the platform stops"))
            {
                continue;
            }

            if (plan.Dumpable && instance.InFlight == 0 && instance.Tier is Tier.Running or Tier.Frozen or Tier.PagedOut && instance.Revision == plan.Input.Current.Id)
            {
                plan.Command(new RegulatorCommand.Sleep(instance.Id, Tier.Image));
                plan.Record("image", "the platform stops; it goes on from its image at the next start", "shutdown", instance.Id);
            }
            else
            {
                Stop(plan, instance, "the platform stops");
            }
        }

        plan.Done = plan.Commands.Count == 0 && plan.Input.State is { Preparing: false, MakingTemplate: false }
            && plan.Input.Instances.All(i => i is { Tier: Tier.Image, Operation: null });
    }

    private static IEnumerable<InstanceView> Endable(PlanBuilder plan) =>
        plan.Current.Concat(plan.Older).Where(i => i.Operation is null or { Kind: OperationKind.Starting } && !plan.IsTaken(i));

    /// <summary>Nothing is in flight, or it had its time. Else lets it drain.</summary>
    private static bool IsDrained(PlanBuilder plan, InstanceView instance, string reason)
    {
        if (instance.Tier != Tier.Running || instance.Operation is not null)
        {
            return true;
        }

        if (instance.DrainingSince is not { } since)
        {
            plan.Command(new RegulatorCommand.Drain(instance.Id));
            plan.Record("drain", reason, "end", instance.Id, plan.Now + DrainTime);
            return false;
        }

        var over = plan.Now - since >= DrainTime;
        plan.LookAgain(over ? null : since + DrainTime);
        return instance.InFlight == 0 || over;
    }

    private static void Stop(PlanBuilder plan, InstanceView instance, string reason)
    {
        if (HoldsStops(plan))
        {
            return;
        }

        plan.Command(new RegulatorCommand.Stop(instance.Id, ServiceRegulator.StopGrace, Force: true));
        plan.Record("stop", reason, "end", instance.Id);
    }

    private static bool HoldsStops(PlanBuilder plan)
    {
        if (!plan.Memory.Stops.Holds(plan.Now))
        {
            return false;
        }

        plan.LookAgain(plan.Memory.Stops.Until);
        return true;
    }

    private static void Refuse(PlanBuilder plan, Failure why)
    {
        if (plan.Input.Demand.Waiting > 0)
        {
            plan.Verdict = new GateVerdict(false, why, null);
        }

        if (plan.Input.Wish is { } wish)
        {
            plan.WishAnswer = new WishAnswer(wish.Id, why);
        }
    }
}
