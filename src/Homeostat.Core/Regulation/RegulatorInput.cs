using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Regulation.Tiers;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation;

/// <summary>Everything a step of the regulator looks at: the truth of this moment and what the last step wanted remembered.</summary>
public sealed record RegulatorInput
{
    public required DateTimeOffset Now { get; init; }

    public RegulatorMode Mode { get; init; }

    /// <summary>The newest applied revision.</summary>
    public required Revision Current { get; init; }

    /// <summary>What the driver holds for <see cref="Current"/>.</summary>
    public required RevisionView State { get; init; }

    public required HostAbilities Host { get; init; }

    public required Demand Demand { get; init; }

    /// <summary>Every instance of the service, of any revision, ordered by id. Parked spares are not among them.</summary>
    public required IReadOnlyList<InstanceView> Instances { get; init; }

    /// <summary>Revisions the driver holds something for (pool, template), the current one included, oldest first.</summary>
    public IReadOnlyList<RevisionId> Prepared { get; init; } = [];

    /// <summary>Commands that ended since the last step.</summary>
    public IReadOnlyList<CommandResult> Results { get; init; } = [];

    /// <summary>What an operator asked for and has not been answered.</summary>
    public Wish? Wish { get; init; }

    /// <summary>What was measured of the service up to now.</summary>
    public ServiceLoad Load { get; init; } = ServiceLoad.Unknown;

    /// <summary>What it may hold of the host.</summary>
    public CapacityGrant Capacity { get; init; } = CapacityGrant.Unbounded;

    public required RegulatorMemory Memory { get; init; }

    /// <summary>A fresh random number, 0..1.</summary>
    public double Jitter { get; init; }
}

public enum RegulatorMode
{
    /// <summary>Serve requests.</summary>
    Serve,

    /// <summary>The service was removed: end everything, give everything back.</summary>
    Remove,

    /// <summary>The platform stops cleanly: no process is left; what can sleep as an image does, the rest is stopped.</summary>
    Retire,
}

/// <summary>What the host can do. Source: the driver's capabilities.</summary>
public sealed record HostAbilities(bool Freeze, bool PageOut, bool Checkpoint)
{
    public static HostAbilities All { get; } = new(true, true, true);
}

/// <param name="Waiting">Requests in the gate.</param>
/// <param name="WaitingSince">When the oldest of them entered.</param>
/// <param name="Trigger">What the oldest asked for.</param>
public sealed record Demand(int Waiting, DateTimeOffset? WaitingSince = null, string? Trigger = null)
{
    public static Demand None { get; } = new(0);
}

/// <summary>What the driver holds for the current revision.</summary>
/// <param name="Prepared">Starts are possible.</param>
/// <param name="Preparing">A prepare is under way.</param>
/// <param name="MakingTemplate">A template is being made.</param>
/// <param name="Status">As the driver describes it; null when not prepared.</param>
public sealed record RevisionView(bool Prepared, bool Preparing, bool MakingTemplate, RevisionStatus? Status);

/// <summary>One instance as the regulator sees it.</summary>
/// <param name="InFlight">Slots taken: requests, streams, WebSockets.</param>
/// <param name="IdleSince">End of its last work, or when it became ready.</param>
/// <param name="ReadyAt">When it last came to run; null: never seen running.</param>
/// <param name="Operation">What is being done to it.</param>
/// <param name="DrainingSince">When it stopped taking new work, for good: it is drained, then stopped.</param>
/// <param name="Exit">Set when the program ended by itself.</param>
/// <param name="Limits">What it may use at most now; null: not known, it is left as it is.</param>
/// <param name="Usage">What it used of that lately; null: not sampled.</param>
/// <param name="StrainedAt">When it last was at its limits (<see cref="Strain"/>); null: never seen so.</param>
/// <param name="AtIdle">Whether it works although it has nothing in flight.</param>
public sealed record InstanceView(
    InstanceId Id,
    RevisionId Revision,
    Tier Tier,
    int InFlight,
    DateTimeOffset IdleSince,
    DateTimeOffset? ReadyAt = null,
    Operation? Operation = null,
    DateTimeOffset? DrainingSince = null,
    ExitInfo? Exit = null,
    ResourceLimits? Limits = null,
    InstanceUsage? Usage = null,
    DateTimeOffset? StrainedAt = null,
    IdleWork AtIdle = IdleWork.Unknown)
{
    /// <summary>It is being stopped, or was to be and could not: not to be used again, and not counted.</summary>
    public bool IsDoomed => Operation?.Kind == OperationKind.Stopping || Exit is not null;

    /// <summary>Takes new work now.</summary>
    public bool IsOpen => Tier == Tier.Running && Operation is null && DrainingSince is null && Exit is null;
}

/// <param name="To">The tier it ends in.</param>
public sealed record Operation(OperationKind Kind, DateTimeOffset Since, Tier To);

public enum OperationKind
{
    Starting,
    Waking,
    Sleeping,
    Stopping,
}

/// <summary>How a command ended; <paramref name="Failure"/> null: done.</summary>
public sealed record CommandResult(RegulatorCommand Command, Failure? Failure);

/// <summary>What an operator asks for. The newest one counts.</summary>
/// <param name="Id">Grows with each wish of the service.</param>
/// <param name="To">For <see cref="WishKind.Sleep"/>: frozen, paged out, image or stopped.</param>
/// <param name="At">When it was asked.</param>
public sealed record Wish(long Id, WishKind Kind, Tier To = Tier.Running, DateTimeOffset At = default);

public enum WishKind
{
    Wake,
    Sleep,

    /// <summary>Take the template image now, also where there is one, or an earlier try failed.</summary>
    Checkpoint,

    /// <summary>The same, but one that is good is kept.</summary>
    Image,
}
