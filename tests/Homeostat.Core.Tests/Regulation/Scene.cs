using Homeostat.Core.Regulation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Regulation.Tiers;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Testing;

namespace Homeostat.Core.Tests.Regulation;

/// <summary>Builds the input of one step: a service of revision 2 with a template that may be cloned, nobody waiting, no instance.</summary>
internal sealed class Scene
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly RevisionId Old = new(new ServiceName("blog"), 1);
    public static readonly RevisionId Current = new(new ServiceName("blog"), 2);

    public static readonly ResourceLimits Limits = new(null, 256L << 20);

    private readonly List<InstanceView> _instances = [];

    public ServiceSpec Spec { get; set; } = Specs.Service();

    public int Waiting { get; set; }

    public DateTimeOffset WaitingSince { get; set; } = Now;

    public RegulatorMode Mode { get; set; }

    public HostAbilities Host { get; set; } = HostAbilities.All;

    public RegulatorMemory Memory { get; set; } = RegulatorMemory.Initial(36) with { Revision = Current };

    public RevisionStatus Status { get; set; } = new(Current, TemplateState.Ready, 1 << 20, true, true, null, [], 2, 0, 0);

    public bool Prepared { get; set; } = true;

    public bool MakingTemplate { get; set; }

    public Wish? Wish { get; set; }

    public ServiceLoad Load { get; set; } = ServiceLoad.Unknown;

    public CapacityGrant Capacity { get; set; } = CapacityGrant.Unbounded;

    public List<CommandResult> Results { get; } = [];

    public List<RevisionId> Held { get; } = [Current];

    public Scene With(
        string id, Tier tier, double idle = 0, int inFlight = 0, RevisionId? revision = null, Operation? operation = null, double? draining = null, ExitInfo? exit = null, double? ready = null)
    {
        var since = Now.AddSeconds(-idle);
        _instances.Add(new InstanceView(
            new InstanceId(id), revision ?? Current, tier, inFlight, since, ready is { } r ? Now.AddSeconds(-r) : since, operation, draining is { } d ? Now.AddSeconds(-d) : null, exit));
        return this;
    }

    /// <summary>Gives an instance a CPU limit, 256 MiB, and what it used of them.</summary>
    public Scene Limited(string id, double cpu, InstanceUsage? usage = null)
    {
        var at = _instances.FindIndex(i => i.Id.Value == id);
        _instances[at] = _instances[at] with { Limits = new ResourceLimits(cpu, 256L << 20), Usage = usage };
        return this;
    }

    public Scene AtIdle(string id, IdleWork work)
    {
        var at = _instances.FindIndex(i => i.Id.Value == id);
        _instances[at] = _instances[at] with { AtIdle = work };
        return this;
    }

    public RegulatorInput Input => new()
    {
        Now = Now,
        Mode = Mode,
        Current = Specs.Revision(Spec, 2),
        State = new RevisionView(Prepared, false, MakingTemplate, Prepared ? Status : null),
        Host = Host,
        Demand = Waiting == 0 ? Demand.None : new Demand(Waiting, WaitingSince, "GET /cart"),
        Instances = [.. _instances.OrderBy(i => i.Id)],
        Prepared = Held,
        Results = Results,
        Wish = Wish,
        Memory = Memory,
        Load = Load,
        Capacity = Capacity,
        Jitter = 0.5,
    };

    public RegulatorPlan Step()
    {
        var input = Input;
        var plan = ServiceRegulator.Step(input, new WaitCostPolicy());
        Xunit.Assert.Empty(PlanCheck.Find(input, plan));
        return plan;
    }

    public static Operation Under(OperationKind kind, Tier to = Tier.Running) => new(kind, Now, to);
}
