using Homeostat.Core.Regulation;
using Homeostat.Core.Services;

namespace Homeostat.Core.Replay;

/// <summary>What is replayed: everything but the trace and the policy.</summary>
public sealed record ReplaySetup
{
    public required ServiceSpec Spec { get; init; }

    public WakeCosts Costs { get; init; } = WakeCosts.BuiltIn;

    /// <summary>Peers start containers as they do (<see cref="WakeCosts.DockerStart"/>) instead of as quickly as this platform clones.</summary>
    public bool PeersOwnCosts { get; init; }

    /// <summary>What the host can do.</summary>
    public HostAbilities Host { get; init; } = new(Freeze: true, PageOut: false, Checkpoint: true);

    /// <summary>Whether clones of the template image are allowed: else a new instance starts cold.</summary>
    public bool Clones { get; init; } = true;

    /// <summary>Processors of the host, 1 or more: starts beyond one for each take as many times longer.</summary>
    public int Cores { get; init; } = 2;

    /// <summary>Any number. Equal seeds, equal runs.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Decisions kept for people; the first ones. 0: none.</summary>
    public int DecisionsKept { get; init; }
}
