using Homeostat.Core.Runtime;

namespace Homeostat.Core.Regulation;

/// <summary>What operators ask for: wake, sleep to a tier, take a template. Answered when it is so, or when it can't be.</summary>
internal static class WishPlanner
{
    /// <summary>A busy service is waited for this long before a sleep is refused: whoever just got its answer and says sleep means it.</summary>
    public static readonly TimeSpan BusyGrace = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan BusyLook = TimeSpan.FromMilliseconds(10);

    /// <summary>A person asks to try now: pauses after failures end, the counts stay.</summary>
    public static void Begin(PlanBuilder plan)
    {
        if (plan.Input.Wish is { } wish && wish.Id > plan.Memory.WishSeen)
        {
            plan.Memory = plan.Memory with
            {
                WishSeen = wish.Id,
                Starts = wish.Kind == WishKind.Sleep ? plan.Memory.Starts : plan.Memory.Starts.Release(),
                Images = plan.Memory.Images.Release(),
                Pauses = plan.Memory.Pauses.Release(),
            };
        }
    }

    /// <summary>Takes idle instances to the wished tier without waiting for the idle times.</summary>
    public static void Sleep(PlanBuilder plan)
    {
        if (plan.Input.Wish is not { Kind: WishKind.Sleep } wish || WhyNot(plan, wish) is not null)
        {
            return;
        }

        foreach (var instance in plan.Current.Where(i => IsAbove(i, wish.To) && plan.IsFree(i)))
        {
            plan.Command(wish.To == Tier.Stopped
                ? new RegulatorCommand.Stop(instance.Id, ServiceRegulator.StopGrace, Force: false)
                : new RegulatorCommand.Sleep(instance.Id, wish.To));
            plan.Record(SleepPlanner.Action(wish.To), "an operator asked for it", "operator", instance.Id);
        }
    }

    public static void Answer(PlanBuilder plan)
    {
        if (plan.Input.Wish is not { } wish)
        {
            return;
        }

        plan.WishAnswer = wish.Kind switch
        {
            WishKind.Wake => Waked(plan, wish),
            WishKind.Sleep => Slept(plan, wish),
            _ => Checkpointed(plan, wish),
        };
    }

    private static WishAnswer? Waked(PlanBuilder plan, Wish wish)
    {
        if (plan.Current.Any(i => i.IsOpen && !plan.IsTaken(i)))
        {
            return new WishAnswer(wish.Id, null);
        }

        var pending = plan.Added > 0 || plan.Current.Any(i => i.Operation is not null);
        return !pending && (plan.StartFailedNow ?? plan.QuotaReached ?? (plan.Memory.Starts.Holds(plan.Now) ? plan.Memory.Starts.Last : null)) is { } why
            ? new WishAnswer(wish.Id, why)
            : null;
    }

    private static WishAnswer? Slept(PlanBuilder plan, Wish wish)
    {
        if (WhyNot(plan, wish) is { } why)
        {
            if (Busy(plan) > 0 && plan.Now - wish.At < BusyGrace)
            {
                plan.LookAgain(plan.Now + BusyLook);
                return null;
            }

            return new WishAnswer(wish.Id, why);
        }

        return plan.Current.Any(i => IsAbove(i, wish.To) || i.Operation is not null) || plan.Input.Instances.Any(i => i.IsDoomed || i.DrainingSince is not null)
            ? null
            : new WishAnswer(wish.Id, null);
    }

    private static Failure? WhyNot(PlanBuilder plan, Wish wish)
    {
        var busy = Busy(plan);
        return plan switch
        {
            _ when busy > 0 => new(FailureKind.NotSupported, $"busy: {busy} requests or streams are in flight or waiting", "try again when they are over"),
            { Spec.Scale.Min: > 0 } => new(FailureKind.NotSupported, $"scale.min keeps {plan.Spec.Scale.Min} running", "set scale.min to 0"),
            { DumpFailedNow: { } failure } when wish.To == Tier.Image => failure,
            // Frozen means memory kept: what is deeper asleep, or not there at all, can't be taken there without waking it.
            _ when wish.To is Tier.Frozen or Tier.PagedOut && !plan.Current.Any(i => i.Tier <= wish.To || i.Operation is not null) =>
                new(FailureKind.NotFound, $"nothing of {plan.Spec.Service} runs that could be frozen: it is {(plan.Current.Any(i => i.Tier == Tier.Image) ? "asleep as an image" : "stopped")}",
                    $"homeostat wake {plan.Spec.Service} first"),
            { ImagesDeclared: false } when wish.To == Tier.Image => new(FailureKind.NotSupported, "process images are off for this service, or this host can't make them", "see homeostat doctor"),
            { Input.State.Status.Checkpointable: false } when wish.To == Tier.Image =>
                plan.Input.State.Status.Reason ?? new(FailureKind.DumpFailed, "the program can't be dumped"),
            { Input.Host.Freeze: false } when wish.To == Tier.Frozen => new(FailureKind.NotSupported, "this host can't freeze", "see homeostat doctor"),
            { Input.Host.PageOut: false } when wish.To == Tier.PagedOut => new(FailureKind.NotSupported, "this host has nowhere to page out to", "see homeostat doctor"),
            _ when wish.To is Tier.Frozen or Tier.PagedOut && plan.Memory.Pauses.Holds(plan.Now) => plan.Memory.Pauses.Last,
            _ => null,
        };
    }

    private static int Busy(PlanBuilder plan) => plan.Current.Concat(plan.Older).Sum(i => i.InFlight) + plan.Input.Demand.Waiting;

    private static WishAnswer? Checkpointed(PlanBuilder plan, Wish wish)
    {
        var (status, first) = (plan.Input.State.Status, wish.Id > plan.Input.Memory.WishSeen);
        if (!plan.ImagesDeclared)
        {
            return new WishAnswer(wish.Id, new(FailureKind.NotSupported, "process images are off for this service, or this host can't make them", "see homeostat doctor"));
        }

        return status?.Template switch
        {
            TemplateState.Ready when !first && !plan.Input.State.MakingTemplate => new WishAnswer(wish.Id, null),
            TemplateState.Refused when !first && !plan.Input.State.MakingTemplate =>
                new WishAnswer(wish.Id, status.Reason ?? new(FailureKind.DumpFailed, "the program can't be dumped")),
            _ when plan.Memory.Images.Holds(plan.Now) && plan.Memory.Images.Last is { } last => new WishAnswer(wish.Id, last),
            _ when plan.Memory.Starts.Holds(plan.Now) && !plan.Input.State.Prepared => new WishAnswer(wish.Id, plan.Memory.Starts.Last),
            _ => null,
        };
    }

    private static bool IsAbove(InstanceView instance, Tier tier) => instance.Tier < tier && instance.Tier != Tier.Starting;
}
