using Homeostat.Core.Regulation;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Core.Tests.Regulation.Simulation;

/// <summary>An instance of the simulated world.</summary>
internal sealed class SimInstance(InstanceId id, RevisionId revision, DateTimeOffset now)
{
    public InstanceId Id => id;

    public RevisionId Revision => revision;

    public Tier Tier { get; set; } = Tier.Starting;

    public Operation? Operation { get; set; }

    public long OperationNumber { get; set; }

    public DateTimeOffset? DrainingSince { get; set; }

    public DateTimeOffset? ReadyAt { get; set; }

    public DateTimeOffset IdleSince { get; set; } = now;

    /// <summary>It ended; the regulator may not have seen it yet.</summary>
    public ExitInfo? Ended { get; set; }

    /// <summary>What the regulator has seen.</summary>
    public ExitInfo? SeenExit { get; set; }

    public List<SimRequest> Serving { get; } = [];

    public bool IsOpen => Tier == Tier.Running && Operation is null && DrainingSince is null && Ended is null;

    public InstanceView View(bool hideWork) => new(
        id, revision, SeenExit is null ? Tier : Tier.Stopped, hideWork ? 0 : Serving.Count, ReadyAt > IdleSince ? ReadyAt.Value : IdleSince,
        ReadyAt, Operation, DrainingSince, SeenExit);
}

internal sealed class SimRequest(int number, DateTimeOffset at)
{
    public int Number => number;

    public DateTimeOffset At => at;

    public string? Outcome { get; set; }
}
