using Homeostat.Core.Regulation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Core.Explanation;

/// <summary>A service as it was at one moment: what is shown of it, and what explanations are composed from.</summary>
/// <param name="Gate">Requests waiting and the bytes of them held.</param>
/// <param name="LookAgainAt">When the regulator looks again by itself.</param>
/// <param name="Decisions">The last decisions, oldest first.</param>
/// <param name="LastWait">The newest request that waited in the gate; null: none did since the platform started.</param>
public sealed record ServiceSnapshot(
    DateTimeOffset At,
    Revision Revision,
    RegulatorMode Mode,
    RevisionView State,
    IReadOnlyList<InstanceSnapshot> Instances,
    GateSnapshot Gate,
    RegulatorMemory Memory,
    DateTimeOffset? LookAgainAt,
    IReadOnlyList<Decision> Decisions,
    WaitRecord? LastWait)
{
    /// <summary>What was measured and foreseen of it.</summary>
    public ServiceLoad Load { get; init; } = ServiceLoad.Unknown;

    /// <summary>The most awake tier of its instances; <see cref="Tier.Stopped"/> without any.</summary>
    public Tier Tier => Instances.Any(i => i.View.Tier == Tier.Running)
        ? Tier.Running
        : Instances.Select(i => i.View.Tier).DefaultIfEmpty(Tier.Stopped).Min();
}

/// <param name="View">As the regulator sees it.</param>
/// <param name="Observed">As the driver last reported it.</param>
public sealed record InstanceSnapshot(InstanceView View, ObservedInstance Observed);

/// <param name="Entered">Requests that ever waited.</param>
/// <param name="Refused">Turned away at the limit by count, by bytes, by time, or because no start was possible.</param>
public sealed record GateSnapshot(int Waiting, long HeldBytes, long Entered, long Refused);

/// <summary>What a request waited for.</summary>
/// <param name="Outcome"><see cref="Served"/>, or in words why not.</param>
/// <param name="Gate">Whole time in the gate.</param>
/// <param name="Wake">Of that, the start or wake of its instance.</param>
public sealed record WaitRecord(DateTimeOffset At, string Trigger, string Outcome, TimeSpan Gate, TimeSpan Wake, WakeWay Way, InstanceId? Instance)
{
    public const string Served = "served";
}
