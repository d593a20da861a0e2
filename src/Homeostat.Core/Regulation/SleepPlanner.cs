using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Regulation.Tiers;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation;

/// <summary>
/// Takes instances without work down the tier ladder, by the declared idle times or what was learned within them: frozen, image (paged out where no image can be made), stopped.
/// The declared minimum keeps running; while anybody waits nothing goes to sleep.
/// </summary>
internal static class SleepPlanner
{
    /// <summary>A busy instance is not looked at more often than this, however short its idle times and requests.</summary>
    public static readonly TimeSpan BusyLookMin = TimeSpan.FromMilliseconds(20);

    /// <summary>Nor, for the sake of long requests alone, less often than this.</summary>
    public static readonly TimeSpan BusyLookMax = TimeSpan.FromMilliseconds(250);

    /// <summary>Before it is frozen sooner than declared it is looked whether it rests.</summary>
    private static readonly TimeSpan SecondLook = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan WorkLook = TimeSpan.FromMilliseconds(100);

    public static void Plan(PlanBuilder plan)
    {
        if (plan.Input.Demand.Waiting > 0 || plan.Input.Wish is { Kind: WishKind.Wake })
        {
            if (plan.Current.Any(i => i is { IsOpen: true, InFlight: 0 }))
            {
                // Whoever waits is served as soon as this step is over, and nobody tells when that work ends.
                plan.LookAgain(plan.Now + BusyLook(plan.Input.Load.ServiceTime));
            }

            return;
        }

        var surplus = plan.Current.Count(i => i.IsOpen) - plan.Spec.Scale.Min;
        var atHand = AtHand(plan);
        // The longest idle first; equally idle ones by id, so that the order is the same each time.
        foreach (var instance in plan.Current.Where(i => i.DrainingSince is null && plan.IsFree(i)).OrderBy(i => i.IdleSince).ThenBy(i => i.Id))
        {
            if (instance.InFlight > 0)
            {
                // Nobody tells when its work ends; it can't have been idle for long enough before then.
                var idle = IdleTimes(plan, instance);
                var first = idle.Freeze < idle.Image ? idle.Freeze : idle.Image;
                plan.LookAgain(plan.Now + Longer(first, BusyLook(plan.Input.Load.ServiceTime)));
                continue;
            }

            if (instance.Tier == Tier.Running && surplus-- <= 0)
            {
                continue;
            }

            Lower(plan, instance, atHand.Contains(instance.Id));
        }
    }

    /// <summary>Those that are foreseen to be needed, the last used ones: they may freeze, and go no deeper.</summary>
    private static HashSet<InstanceId> AtHand(PlanBuilder plan) =>
        [.. plan.Current.Where(i => i.Tier is Tier.Running or Tier.Frozen or Tier.PagedOut).OrderByDescending(i => i.IdleSince).ThenByDescending(i => i.Id)
            .Take(ReservePlanner.Foreseen(plan)).Select(i => i.Id)];

    /// <summary>An eighth of what a request takes: it is found idle soon, in terms of its work, and long requests are not looked at for nothing.</summary>
    private static TimeSpan BusyLook(TimeSpan? serviceTime) =>
        serviceTime / 8 is { } eighth && eighth > BusyLookMin ? eighth < BusyLookMax ? eighth : BusyLookMax : BusyLookMin;

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>The tier an instance idle for <paramref name="idle"/> belongs in, and how long it stays there; null: for ever.</summary>
    internal static (Tier Tier, TimeSpan? Until) TierAt(TimeSpan idle, IdleSpec spec, bool freeze, bool pageOut, bool image)
    {
        if (idle >= spec.Stop)
        {
            return (Tier.Stopped, null);
        }

        var tier = idle >= spec.Image && image ? Tier.Image
            : idle >= spec.Image && pageOut ? Tier.PagedOut
            : idle >= spec.Freeze && freeze ? Tier.Frozen
            : Tier.Running;
        var next = spec.Stop;
        next = spec.Image > idle && spec.Image < next ? spec.Image : next;
        next = spec.Freeze > idle && spec.Freeze < next ? spec.Freeze : next;
        return (tier, next);
    }

    private static void Lower(PlanBuilder plan, InstanceView instance, bool atHand)
    {
        var pauses = !plan.Memory.Pauses.Holds(plan.Now);
        var idle = plan.Now - instance.IdleSince;
        var times = IdleTimes(plan, instance);
        var (tier, until) = TierAt(idle, times, plan.Input.Host.Freeze && pauses, plan.Input.Host.PageOut && pauses, plan.Dumpable);
        if (atHand && tier > Tier.Frozen)
        {
            // Looked at again when the forecast changes.
            tier = plan.Input.Host.Freeze && pauses ? Tier.Frozen : Tier.Running;
        }

        if (until is { } next)
        {
            plan.LookAgain(instance.IdleSince + next);
        }

        if (tier != Tier.Stopped)
        {
            LookAfterBackOffs(plan, instance, idle);
        }

        if (tier <= instance.Tier || instance.Tier is Tier.Starting or Tier.Parked)
        {
            return;
        }

        if (tier != Tier.Stopped && idle < Of(plan.Spec.Idle, tier) && instance is { Tier: Tier.Running, AtIdle: IdleWork.Watched or IdleWork.Works })
        {
            plan.LookAgain(plan.Now + (instance.AtIdle == IdleWork.Watched ? SecondLook : WorkLook));
            return;
        }

        if (tier == Tier.Stopped && plan.Memory.Stops.Holds(plan.Now))
        {
            plan.LookAgain(plan.Memory.Stops.Until);
            return;
        }

        plan.Command(tier == Tier.Stopped
            ? new RegulatorCommand.Stop(instance.Id, ServiceRegulator.StopGrace, Force: false)
            : new RegulatorCommand.Sleep(instance.Id, tier));
        plan.Record(
            Action(tier), Reason(idle, Of(times, tier), Of(plan.Spec.Idle, tier), plan.Reserve.Contains(instance.Id)), "idle", instance.Id, instance.IdleSince + until,
            alternatives: tier == Tier.PagedOut ? [WhyNoImage(plan)] : [],
            inputs: [new("tier", instance.Tier.ToString()), new("idle", $"{idle.TotalSeconds:0.#} s"), new("declared", $"{Of(plan.Spec.Idle, tier).TotalSeconds:0.#} s"), new("applied", $"{Of(times, tier).TotalSeconds:0.###} s")]);
    }

    /// <summary>The declared idle times, or what was learned within them; an instance beyond what the load needs is not kept for the pauses of the others.</summary>
    private static IdleSpec IdleTimes(PlanBuilder plan, InstanceView instance)
    {
        var declared = plan.Spec.Idle;
        if (plan.Input.Load.Ladder is not { } learned)
        {
            return declared;
        }

        var besideOthers = declared.Freeze * LadderTimes.BesideOthersFloor;
        var freeze = plan.Reserve.Contains(instance.Id) ? besideOthers
            : plan.Current.Any(i => i.IsOpen && i.Id != instance.Id) ? Longer(learned.Freeze, besideOthers)
            : learned.Freeze;
        return declared with { Freeze = freeze, Image = Longer(learned.Image, freeze) };
    }

    /// <summary>What a back-off holds up is due again when it ends.</summary>
    private static void LookAfterBackOffs(PlanBuilder plan, InstanceView instance, TimeSpan idle)
    {
        if (plan.Memory.Images.Holds(plan.Now) && idle >= plan.Spec.Idle.Image && instance.Tier != Tier.Image && plan.Input.State.Status?.Checkpointable != false)
        {
            plan.LookAgain(plan.Memory.Images.Until);
        }

        if (plan.Memory.Pauses.Holds(plan.Now) && instance.Tier is Tier.Running or Tier.Frozen)
        {
            plan.LookAgain(plan.Memory.Pauses.Until);
        }
    }

    internal static string Action(Tier tier) => tier switch
    {
        Tier.Frozen => "freeze",
        Tier.PagedOut => "page-out",
        Tier.Image => "image",
        _ => "stop",
    };

    internal static string WhyNoImage(PlanBuilder plan) => plan switch
    {
        { ImagesDeclared: false } => "image: process images are off, or this host can't make them",
        { Input.State.Status.Checkpointable: false } => $"image: {plan.Input.State.Status.Reason?.Message ?? "the program can't be dumped"}",
        _ => $"image: the last try failed, {plan.Memory.Images.Last?.Message}",
    };

    private static string Reason(TimeSpan idle, TimeSpan applied, TimeSpan declared, bool reserve) =>
        $"idle for {idle.TotalSeconds:0.#} s"
        + (applied == declared ? "" : reserve ? ", more than the load needs" : $", sooner than declared ({declared.TotalSeconds:0.#} s): its pauses are shorter or much longer");

    private static TimeSpan Of(IdleSpec times, Tier tier) => tier switch
    {
        Tier.Frozen => times.Freeze,
        Tier.Stopped => times.Stop,
        _ => times.Image,
    };
}
