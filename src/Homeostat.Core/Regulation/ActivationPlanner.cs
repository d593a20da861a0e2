using System.Globalization;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Runtime;

namespace Homeostat.Core.Regulation;

/// <summary>
/// Brings instances to run: for those who wait, for the declared minimum, for a new revision, for an operator. The quickest way first:
/// thaw, page in, parked spare, sleep image, clone of the template, cold.
/// </summary>
internal static class ActivationPlanner
{
    public static void Plan(PlanBuilder plan, IScalePolicy policy)
    {
        var (wanted, reason, trigger) = Wanted(plan, policy);
        // One that is being put to sleep counts: it is woken as soon as it sleeps, which is sooner than a new start.
        var active = plan.Current.Count(i => i.IsOpen || i.Operation is not null);
        var alternatives = new List<string>();
        for (var missing = wanted - active; missing > 0; missing--)
        {
            alternatives.Clear();
            if (Quickest(plan, alternatives) is not { } way)
            {
                break;
            }

            var command = Command(plan, way);
            plan.Command(command);
            Record(plan, command, reason, trigger, alternatives, wanted, active);
        }

        if (wanted > active + plan.Added && plan.Memory.Starts.Holds(plan.Now))
        {
            plan.RecordOnce("hold", $"no start before the back-off ends, after {(plan.Memory.Starts.Failures == 1 ? "a failure" : $"{plan.Memory.Starts.Failures} failures in a row")}", trigger, plan.Memory.Starts.Until, plan.Memory.Starts.Last);
            plan.LookAgain(plan.Memory.Starts.Until);
        }

        if (active + plan.Added == 0 && plan.Input.Demand.Waiting > 0 && !plan.Older.Any(i => i.IsOpen))
        {
            plan.Verdict = Judge(plan);
        }
    }

    /// <summary>How many should run, and why that many.</summary>
    private static (int Wanted, string Reason, string Trigger) Wanted(PlanBuilder plan, IScalePolicy policy)
    {
        var (demand, scale) = (plan.Input.Demand, plan.Spec.Scale);
        var open = plan.Current.Where(i => i.IsOpen).ToList();
        DateTimeOffset? saturated = open.Count > 0 && demand.WaitingSince is { } since ? Later(since, open.Max(i => i.ReadyAt)) : null;
        var coming = plan.Current.Count(i => i.Operation?.Kind is OperationKind.Starting or OperationKind.Waking);
        var answer = policy.Decide(new ScaleInput(
            plan.Now, scale, open.Count, coming, open.Sum(i => i.InFlight), demand.Waiting, saturated,
            plan.Input.Load.ServiceTime, NextTakes(plan), plan.Memory.RaisedAt));
        plan.LookAgain(answer.LookAgainAt);

        var best = (Wanted: answer.Wanted, Reason: $"{answer.Reason} ({policy.Name})", Trigger: demand.Trigger ?? "load");
        if (demand.Waiting > 0 && open.Count == 0 && plan.Older.Any(i => i.IsOpen))
        {
            best.Reason = $"{demand.Waiting} waiting, {plan.Input.Current.Id} is to take over";
        }

        best = Max(best, (scale.Min, $"at least {scale.Min} is declared", "min"));
        best = Max(best, Foreseen(plan));
        best = Max(best, SlotPlanner.Wanted(plan));
        best = Max(best, (ReplacementPlanner.Wanted(plan), $"{plan.Input.Current.Id} was applied while an older revision runs", "revision"));
        best = Max(best, (plan.Input.Wish?.Kind == WishKind.Wake ? 1 : 0, "an operator asked for it", "operator"));
        best = best.Wanted <= scale.Max
            ? best
            : (scale.Max, $"{best.Reason}; capped from {best.Wanted} by max {scale.Max}", best.Trigger);
        // One is everybody's right, within its tenant's quota: a host that is full serves slowly, it does not refuse.
        var granted = Math.Min(plan.Capacity.QuotaInstances, Math.Max(1, plan.Capacity.Instances));
        return best.Wanted <= granted
            ? best
            : (granted, $"{best.Reason}; capped from {best.Wanted} by {(granted < plan.Capacity.QuotaInstances ? plan.Capacity.InstancesBy : plan.Capacity.QuotaBy)}", best.Trigger);
    }

    private static (int Wanted, string Reason, string Trigger) Foreseen(PlanBuilder plan)
    {
        var ahead = plan.Input.Load.Ahead;
        // Who is frozen is there in no time.
        var frozen = plan.Current.Count(i => i.Tier is Tier.Frozen or Tier.PagedOut && i.Operation is null);
        return ReservePlanner.Foreseen(plan) - frozen is > 0 and var wanted
            ? (wanted, $"{ahead!.Point:0.#} requests at one time are foreseen, at most {ahead.Quantile:0.#} nine times in ten ({ahead.Model})", "forecast")
            : default;
    }

    /// <summary>How long an instance takes that is not there: from an image where that is possible, else cold.</summary>
    public static TimeSpan NewInstanceTakes(PlanBuilder plan)
    {
        var asleep = plan.Current.Any(i => i.Tier is Tier.Frozen or Tier.PagedOut or Tier.Image);
        var clonable = plan.Input.State.Status is { Template: TemplateState.Ready, ClonesAllowed: true };
        return (plan.ImagesUsable && (asleep || clonable) ? plan.Input.Load.Starts.Restored : plan.Input.Load.Starts.Cold) ?? WaitCostPolicy.Patience;
    }

    /// <summary>How long the next instance would take to come; null: not measured, or none can come.</summary>
    private static TimeSpan? NextTakes(PlanBuilder plan) => Quickest(plan, []) switch
    {
        null => null,
        { Asleep.Tier: Tier.Frozen or Tier.PagedOut } => plan.Input.Load.Starts.Of(WakeWay.Frozen),
        { Asleep: null, Start: StartWay.Cold } => plan.Input.Load.Starts.Of(WakeWay.Cold),
        _ => plan.Input.Load.Starts.Of(WakeWay.Restored),
    };

    /// <summary>The quickest way that is open now; the others are noted with the reason.</summary>
    private static Way? Quickest(PlanBuilder plan, List<string> alternatives)
    {
        if (Asleep(plan, Tier.Frozen) is { } frozen)
        {
            return new Way(frozen);
        }

        if (Asleep(plan, Tier.PagedOut) is { } pagedOut)
        {
            return new Way(pagedOut);
        }

        var status = plan.Input.State.Status;
        var startable = Startable(plan, alternatives);
        var clonable = plan.ImagesUsable && status is { Template: TemplateState.Ready, ClonesAllowed: true };
        if (startable && clonable && status!.Spares > SparesTaken(plan))
        {
            return new Way(null, StartWay.Spare);
        }

        if (Asleep(plan, Tier.Image) is { } image)
        {
            // Where nothing else is possible an image is tried in spite of its back-off: it is that or nothing.
            if (plan.ImagesUsable || !startable)
            {
                return new Way(image);
            }

            alternatives.Add($"sleep image: not before {Clock(plan.Memory.Images.Until)}, {plan.Memory.Images.Last?.Message ?? "images are off"}");
        }

        if (!startable)
        {
            return null;
        }

        if (clonable)
        {
            return new Way(null, StartWay.Clone);
        }

        alternatives.Add(WhyNoClone(plan, status));
        return new Way(null, StartWay.Cold);
    }

    private static bool Startable(PlanBuilder plan, List<string> alternatives)
    {
        // Instances that sleep count: each may wake at any time, and then there would be more than max.
        var room = plan.Current.Count + plan.Started < plan.Spec.Scale.Max;
        if (!room)
        {
            alternatives.Add($"start: {plan.Spec.Scale.Max} instances at most");
        }

        return room && plan.Input.State.Prepared && !plan.Memory.Starts.Holds(plan.Now);
    }

    private static InstanceView? Asleep(PlanBuilder plan, Tier tier) =>
        plan.Current.Where(i => i.Tier == tier && plan.IsFree(i)).OrderByDescending(i => i.IdleSince).FirstOrDefault();

    private static int SparesTaken(PlanBuilder plan) =>
        plan.Commands.Count(c => c is RegulatorCommand.Start { Way: StartWay.Spare });

    private static RegulatorCommand Command(PlanBuilder plan, Way way)
    {
        var limits = ResizePlanner.Begin(plan, cold: way is { Asleep: null, Start: StartWay.Cold });
        return way.Asleep is { } asleep
            ? new RegulatorCommand.Wake(asleep.Id, asleep.Tier, limits)
            : new RegulatorCommand.Start(plan.NextId(), plan.Input.Current.Id, way.Start, limits);
    }

    private static string WhyNoClone(PlanBuilder plan, RevisionStatus? status) => status switch
    {
        _ when !plan.ImagesDeclared => "clone: process images are off",
        _ when plan.Memory.Images.Holds(plan.Now) => $"clone: not before {Clock(plan.Memory.Images.Until)}, {plan.Memory.Images.Last?.Message}",
        { Template: TemplateState.Ready } => $"clone: {status.Reason?.Message ?? "not allowed"}",
        { Template: TemplateState.Refused } => $"clone: no template, {status.Reason?.MessageForClients}",
        _ => "clone: the template is not made yet",
    };

    private static void Record(
        PlanBuilder plan, RegulatorCommand command, string reason, string trigger, List<string> alternatives, int wanted, int active)
    {
        var (action, way) = command switch
        {
            RegulatorCommand.Wake { From: Tier.Frozen } => ("wake", "thaw"),
            RegulatorCommand.Wake { From: Tier.PagedOut } => ("wake", "page in"),
            RegulatorCommand.Wake => ("wake", "restore its sleep image"),
            RegulatorCommand.Start start => ("start", start.Way switch { StartWay.Spare => "take the parked spare", StartWay.Clone => "clone the template", _ => "cold" }),
            _ => ("start", ""),
        };
        plan.Record(
            action, reason, trigger, command.About, alternatives: [.. alternatives],
            inputs: [new("way", way), new("wanted", Number(wanted)), new("active", Number(active)), new("waiting", Number(plan.Input.Demand.Waiting))]);
    }

    /// <summary>Nobody will come for those who wait: says so at once instead of holding them to the end.</summary>
    private static GateVerdict? Judge(PlanBuilder plan)
    {
        var wait = plan.Memory.Starts.Until - plan.Now;
        if (plan.StartFailedNow is { } failed)
        {
            var ofProgram = failed.Kind is FailureKind.CommandNotFound or FailureKind.ProgramExited or FailureKind.NeverListened or FailureKind.Unhealthy;
            return new GateVerdict(ofProgram, failed, wait);
        }

        if (plan.QuotaReached is { } full)
        {
            plan.RecordOnce("hold", full.Message, plan.Input.Demand.Trigger ?? "load", failure: full);
            return new GateVerdict(false, full, null);
        }

        // Preparing or stopping: something is under way and the next step decides.
        return plan.Memory.Starts.Holds(plan.Now)
            ? new GateVerdict(false, plan.Memory.Starts.Last ?? new Failure(FailureKind.Environment, "starts back off"), wait)
            : null;
    }

    private static (int Wanted, string Reason, string Trigger) Max((int Wanted, string, string) a, (int Wanted, string, string) b) => b.Wanted > a.Wanted ? b : a;

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset? b) => b > a ? b.Value : a;

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Clock(DateTimeOffset? at) => at is { } time ? time.ToString("HH:mm:ss", CultureInfo.InvariantCulture) : "later";

    /// <summary>A way to one more: a sleeper to be woken, or else a start.</summary>
    private sealed record Way(InstanceView? Asleep, StartWay Start = StartWay.Cold);
}
