using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation.Scaling;

/// <summary>
/// Up before out: raises the limits of strained instances in place, at once, to what is declared and granted; gives them back when they have been calm.
/// </summary>
/// <remarks>
/// <code>
///   base --strain (throttled, over target, waiters; memory tight)--> burst          at once
///   burst --no strain for Calm, and what it uses fits well into base--> base        else it would be throttled at once again
///   burst --the grant shrank--> its share                                           others came who are due theirs
/// </code>
/// Until it is ready an instance has no CPU limit (start-up boost); one that started cold goes on with the most and is lowered by the same rule. Source: Elastic-Docker's stretch of a container;
/// FastContainer's vertical scaling.
/// </remarks>
internal static class ResizePlanner
{
    /// <summary>Without strain for so long, the raise is given back. Also the bound of how often limits can go up and down.</summary>
    public static readonly TimeSpan Calm = TimeSpan.FromSeconds(1);

    /// <summary>Memory is given back later: a heap that has grown shrinks slowly, and grows again quickly.</summary>
    public static readonly TimeSpan MemoryCalm = TimeSpan.FromSeconds(10);

    /// <summary>What is used must be below this share of the lower limit before it is lowered.</summary>
    public const double FitsShare = 0.7;

    public static void Plan(PlanBuilder plan)
    {
        if (plan.Spec.Resources is { CpuBurst: null, MemoryMaxBytes: null })
        {
            return;
        }

        foreach (var instance in plan.Current.Where(i => i is { IsOpen: true, Limits: not null }))
        {
            Fit(plan, instance, instance.Limits!);
        }
    }

    /// <summary>What an instance has once it is ready. A program that was executed has more work before it is warm: it begins with the most it may have.</summary>
    public static ResourceLimits Begin(PlanBuilder plan, bool cold) => new(cold ? CpuMost(plan, 1) : plan.Spec.Resources.CpuBase, plan.Spec.Resources.MemoryBaseBytes);

    private static void Fit(PlanBuilder plan, InstanceView instance, ResourceLimits now)
    {
        var resources = plan.Spec.Resources;
        var strain = Strain.Of(instance, plan.Spec.Scale, plan.Input.Demand.Waiting);
        var calm = instance.StrainedAt is { } at && at > instance.ReadyAt ? at : instance.ReadyAt ?? plan.Now;
        var (cpu, why) = Cpu(plan, instance, now, strain, calm);
        var memory = Memory(plan, instance, now, strain, plan.Now - calm);
        if (cpu != now.Cpu || memory != now.MemoryBytes)
        {
            Command(plan, instance, now, new ResourceLimits(cpu, memory), why ?? strain.Memory ?? "it has been calm");
        }

        if (cpu > resources.CpuBase || memory > resources.MemoryBaseBytes)
        {
            plan.LookAgain(strain.Any ? plan.Now + Calm : Later(calm + Calm, plan.Now + (Calm / 4)));
        }
    }

    private static (double? Limit, string? Why) Cpu(PlanBuilder plan, InstanceView instance, ResourceLimits now, Strain strain, DateTimeOffset calm)
    {
        var resources = plan.Spec.Resources;
        if (resources.CpuBurst is not { } burst || now.Cpu is not { } limit)
        {
            return (now.Cpu, null);
        }

        var most = CpuMost(plan, 0)!.Value;
        var running = Running(plan);
        var capped = most < burst ? $"; capped from {burst:0.##} by {plan.Capacity.By}" : "";
        if (strain.Cpu is { } reason && limit < most)
        {
            return (most, $"{reason}{capped}");
        }

        if (limit > most)
        {
            return (most, $"{plan.Capacity.By}: an equal share for {(running == 1 ? "it" : $"each of its {running} instances")}");
        }

        var fits = instance.Usage is { } usage ? usage.CpuCores <= FitsShare * resources.CpuBase : instance.InFlight == 0;
        return strain.Cpu is null && plan.Now - calm >= Calm && fits && limit > resources.CpuBase
            ? (resources.CpuBase, $"calm for {(plan.Now - calm).TotalSeconds:0.#} s")
            : (limit, null);
    }

    private static long Memory(PlanBuilder plan, InstanceView instance, ResourceLimits now, Strain strain, TimeSpan calm)
    {
        var resources = plan.Spec.Resources;
        if (strain.Memory is not null)
        {
            // What the others hold stays theirs; what is left of the grant can be had.
            var others = plan.Current.Where(i => i.Id != instance.Id && i.Tier == Tier.Running).Sum(i => i.Limits?.MemoryBytes ?? resources.MemoryBaseBytes);
            return Math.Max(now.MemoryBytes, Math.Min(resources.MemoryMaxBytes ?? resources.MemoryBaseBytes, plan.Capacity.MemoryBytes - others));
        }

        var fits = instance.Usage is { } usage && usage.MemoryBytes <= FitsShare * resources.MemoryBaseBytes;
        return calm >= MemoryCalm && fits ? Math.Min(now.MemoryBytes, resources.MemoryBaseBytes) : now.MemoryBytes;
    }

    /// <summary>The declared burst, or an equal share of what is granted to the service; never below the base, which is everybody's own.</summary>
    private static double? CpuMost(PlanBuilder plan, int more)
    {
        var resources = plan.Spec.Resources;
        if (resources.CpuBurst is not { } burst || resources.CpuBase is not { } least)
        {
            return resources.CpuBase;
        }

        return Math.Max(least, Math.Min(burst, Math.Round(plan.Capacity.CpuCores / (Running(plan) + more), 2)));
    }

    private static int Running(PlanBuilder plan) => Math.Max(1, plan.Current.Count(i => i.Tier == Tier.Running || i.Operation is not null));

    private static void Command(PlanBuilder plan, InstanceView instance, ResourceLimits now, ResourceLimits to, string why)
    {
        if (plan.Memory.Resizes.Holds(plan.Now))
        {
            plan.LookAgain(plan.Memory.Resizes.Until);
            return;
        }

        var raise = to.Cpu > now.Cpu || to.MemoryBytes > now.MemoryBytes;
        plan.Command(new RegulatorCommand.Resize(instance.Id, to));
        plan.Memory = raise ? plan.Memory with { RaisedAt = plan.Now } : plan.Memory;
        plan.Record(
            raise ? "raise" : "lower", why, raise ? "load" : now.Cpu > CpuMost(plan, 0) ? "share" : "calm", instance.Id, plan.Now + Calm,
            inputs: [new("cpu", $"{now.Cpu:0.##} -> {to.Cpu:0.##}"), new("memory", $"{now.MemoryBytes >> 20} -> {to.MemoryBytes >> 20} MiB"), new("inFlight", $"{instance.InFlight}")]);
    }

    /// <summary>What the service holds once this plan is executed, and what it would hold if nothing bounded it. To be called when all else is planned.</summary>
    public static CapacityAsk AskOf(PlanBuilder plan)
    {
        var resources = plan.Spec.Resources;
        var (most, least) = (ResourceLimits.MostOf(resources), ResourceLimits.BaseOf(resources));
        var given = plan.Commands.Select(Given).OfType<KeyValuePair<InstanceId, ResourceLimits>>().ToDictionary(g => g.Key, g => g.Value);
        var ask = CapacityAsk.None;
        foreach (var instance in plan.Current.Where(i => i.Tier is Tier.Running or Tier.Starting || i.Operation is not null || given.ContainsKey(i.Id)))
        {
            var strain = Strain.Of(instance, plan.Spec.Scale, plan.Input.Demand.Waiting);
            var held = given.GetValueOrDefault(instance.Id) ?? instance.Limits ?? least;
            given.Remove(instance.Id);
            ask = Add(ask, held, new ResourceLimits(
                strain.Cpu is not null || held.Cpu > least.Cpu ? most.Cpu : least.Cpu, strain.Memory is not null ? most.MemoryBytes : held.MemoryBytes));
        }

        return given.Values.Aggregate(ask, (sum, limits) => Add(sum, limits, limits));
    }

    private static KeyValuePair<InstanceId, ResourceLimits>? Given(RegulatorCommand command) => command switch
    {
        RegulatorCommand.Resize resize => new(resize.Id, resize.To),
        RegulatorCommand.Start start => new(start.Id, start.Limits),
        RegulatorCommand.Wake wake => new(wake.Id, wake.Limits),
        _ => null,
    };

    private static CapacityAsk Add(CapacityAsk ask, ResourceLimits held, ResourceLimits wanted) => new(
        ask.CpuHeld + (held.Cpu ?? 0), ask.CpuWanted + (wanted.Cpu ?? 0), ask.MemoryHeld + held.MemoryBytes, ask.MemoryWanted + wanted.MemoryBytes, ask.Instances + 1);

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
