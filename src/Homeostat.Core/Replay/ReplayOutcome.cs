using Homeostat.Core.Explanation;

namespace Homeostat.Core.Replay;

/// <summary>What a policy did with a trace. Times in seconds.</summary>
public sealed record ReplayOutcome
{
    public required string Policy { get; init; }

    public required long Requests { get; init; }

    public required long Served { get; init; }

    /// <summary>Turned away: the gate was full, or they waited for too long.</summary>
    public required long Refused { get; init; }

    /// <summary>Of the served ones: time in the gate that half of them did not exceed.</summary>
    public required double WaitP50 { get; init; }

    public required double WaitP95 { get; init; }

    public required double WaitP99 { get; init; }

    public required double WaitMost { get; init; }

    public required double WaitMean { get; init; }

    /// <summary>Starts and wakes of instances.</summary>
    public required long Wakes { get; init; }

    /// <summary>Instances starting or running, times seconds; frozen ones and images not.</summary>
    public required double InstanceSeconds { get; init; }

    /// <summary>Memory held by instances in any tier and by parked spares, in GB, times seconds.</summary>
    public required double GbSeconds { get; init; }

    /// <summary>Requests being served, times seconds.</summary>
    public required double BusySeconds { get; init; }

    /// <summary>The most instances awake at one time.</summary>
    public required int InstancesMost { get; init; }

    /// <summary>What was done how often, ordered by name.</summary>
    public required IReadOnlyDictionary<string, long> Actions { get; init; }

    /// <summary>Fingerprint of all waits and decisions: equal for equal runs.</summary>
    public required string Digest { get; init; }

    /// <summary>The first decisions, as many as were asked for.</summary>
    public IReadOnlyList<Decision> Decisions { get; init; } = [];
}
