using Homeostat.Core.Regulation.Tiers;

namespace Homeostat.Core.Regulation.Scaling;

/// <summary>
/// In, the gentle way: open instances beyond what the load of the last while needs are put behind the others. They get requests only when those are at their
/// targets, so they become idle, and only idle instances go down the ladder. Nobody is interrupted, and a load that comes back finds them.
/// </summary>
internal static class ReservePlanner
{
    public static void Plan(PlanBuilder plan)
    {
        // Oldest first: it stays, it is warm.
        var open = plan.Current.Where(i => i.IsOpen).OrderBy(i => i.Id).ToList();
        plan.Reserve = [.. open.Skip(Needed(plan)).Select(i => i.Id)];
    }

    /// <summary>Instances that should stay open for the load of the scale-in window, and the declared minimum.</summary>
    public static int Needed(PlanBuilder plan)
    {
        var (target, load) = (Math.Max(1, plan.Spec.Scale.ConcurrencyTarget), plan.Input.Load);
        var peak = Math.Max(load.Peak, plan.Current.Sum(i => i.InFlight) + plan.Input.Demand.Waiting);
        return Math.Max(1, Math.Max(plan.Spec.Scale.Min, (peak + target - 1) / target));
    }

    /// <summary>Instances that the forecast wants at hand, awake or frozen; 0 without one, or if it may not raise.</summary>
    public static int Foreseen(PlanBuilder plan)
    {
        if (plan.Input.Load.Ahead is not { Raise: true } ahead || ahead.Until <= plan.Now)
        {
            return 0;
        }

        // Worth it where the wait it saves, as often as it will be needed, is dearer than keeping an instance for a step.
        var start = ActivationPlanner.NewInstanceTakes(plan);
        var requests = PriceOf(start, 0.1) >= Foresight.Step ? ahead.Quantile : PriceOf(start, 0.5) >= Foresight.Step ? ahead.Point : 0;
        return requests < 0.5 ? 0 : Math.Min(plan.Spec.Scale.Max, (int)Math.Ceiling(requests / Math.Max(1, plan.Spec.Scale.ConcurrencyTarget)));
    }

    private static TimeSpan PriceOf(TimeSpan start, double often) => start * LadderTimes.PriceOfWaiting * often;
}
