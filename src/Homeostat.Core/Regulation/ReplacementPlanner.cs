using Homeostat.Core.Runtime;

namespace Homeostat.Core.Regulation;

/// <summary>
/// Makes before it breaks: running instances of older revisions serve until as many of the current one are ready, then drain and stop. Sleeping ones are
/// stopped at once: nobody uses them, and the next request is for the new revision.
/// </summary>
internal static class ReplacementPlanner
{
    /// <summary>Longest time work on an old revision may go on: open streams are work, and end at some time.</summary>
    public static readonly TimeSpan DrainMax = TimeSpan.FromMinutes(60);

    /// <summary>Instances of the current revision that should run because older ones do.</summary>
    public static int Wanted(PlanBuilder plan) => plan.Older.Count(i => i.IsOpen);

    public static void Plan(PlanBuilder plan)
    {
        if (plan.Older.Count == 0)
        {
            return;
        }

        if (plan.Memory.Stops.Holds(plan.Now))
        {
            plan.LookAgain(plan.Memory.Stops.Until);
            return;
        }

        var ready = plan.Current.Count(i => i.IsOpen);
        var enough = ready >= Math.Min(plan.Spec.Scale.Max, Math.Max(1, Wanted(plan)));
        foreach (var old in plan.Older)
        {
            if (!plan.IsTaken(old) && old.Operation is null or { Kind: OperationKind.Starting })
            {
                Replace(plan, old, enough);
            }
        }
    }

    private static void Replace(PlanBuilder plan, InstanceView old, bool enough)
    {
        if (old.Tier != Tier.Running)
        {
            plan.Command(new RegulatorCommand.Stop(old.Id, ServiceRegulator.StopGrace, Force: true));
            plan.Record("stop", $"{old.Revision} was replaced by {plan.Input.Current.Id} while it slept", "revision", old.Id);
        }
        else if (old.DrainingSince is not { } since)
        {
            if (enough)
            {
                plan.Command(new RegulatorCommand.Drain(old.Id));
                plan.Record("drain", $"{plan.Input.Current.Id} is ready and takes over from {old.Revision}", "revision", old.Id, plan.Now + DrainMax);
            }
        }
        else if (old.InFlight == 0 || plan.Now - since >= DrainMax)
        {
            plan.Command(new RegulatorCommand.Stop(old.Id, ServiceRegulator.StopGrace, Force: old.InFlight > 0));
            plan.Record("stop", old.InFlight == 0 ? "drained" : $"still {old.InFlight} in flight after {DrainMax}", "revision", old.Id);
        }
        else
        {
            plan.LookAgain(since + DrainMax);
        }
    }
}
