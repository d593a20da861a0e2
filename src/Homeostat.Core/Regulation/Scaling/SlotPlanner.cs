using Homeostat.Core.Runtime;

namespace Homeostat.Core.Regulation.Scaling;

/// <summary>
/// Keeps one sleeping slot ahead where clones are not safe: a service that is half full gets one more instance, started cold while nobody waits for it. It has nothing to
/// do, goes down the ladder, and is there as a sleep image, with randomness of its own, when one is not enough.
/// </summary>
/// <remarks>Once it is there, asleep or not, there are more than the load needs, so nothing more is started. Where clones are allowed the template is such a slot for any number.</remarks>
internal static class SlotPlanner
{
    /// <summary>Half of what the instances are aimed at.</summary>
    private const double Full = 0.5;

    public static (int Wanted, string Reason, string Trigger) Wanted(PlanBuilder plan)
    {
        var (load, target) = (plan.Input.Load, Math.Max(1, plan.Spec.Scale.ConcurrencyTarget));
        var (there, needed) = (plan.Current.Count, ReservePlanner.Needed(plan));
        var useful = plan.Dumpable && plan.Input.State.Status is { ClonesAllowed: false, Template: TemplateState.Ready or TemplateState.Refused }
            && load.Starts.Cold > WaitCostPolicy.Patience;
        var calm = plan.Input.Demand.Waiting == 0 && there > 0 && plan.Current.All(i => i.IsOpen);
        return useful && calm && there <= needed && there < plan.Spec.Scale.Max && load.Peak > Full * needed * target
            ? (there + 1, $"a slot ahead: {load.Peak} at one time, {target} per instance, and a cold start takes {load.Starts.Cold!.Value.TotalMilliseconds:0} ms", "slot")
            : default;
    }
}
