using Homeostat.Core.Services;

namespace Homeostat.Core.Runtime;

public enum TemplateState
{
    /// <summary>Not asked for (checkpoint off), or not tried yet.</summary>
    None,

    Making,

    /// <summary>Dumped, verified by a test restore.</summary>
    Ready,

    /// <summary>Tried and impossible; the reason says what would mend it.</summary>
    Refused,
}

/// <summary>What the driver holds for a revision besides its instances.</summary>
/// <param name="Template">State of the template image.</param>
/// <param name="TemplateBytes">Its size, 0 without.</param>
/// <param name="ClonesAllowed">Whether the template may be cloned; false with a ready template: it only proved that dumps work.</param>
/// <param name="Checkpointable">Whether instances of it can go to <see cref="Tier.Image"/>; null: not known yet.</param>
/// <param name="Reason">Why refused, or why clones are not allowed, in words for a person.</param>
/// <param name="Findings">What was found, primed and refused, one line each (clone safety).</param>
/// <param name="PoolCells">Prepared cells waiting.</param>
/// <param name="Spares">Parked clones waiting.</param>
/// <param name="PoolBytes">Memory that cells and spares use.</param>
public sealed record RevisionStatus(
    RevisionId Revision,
    TemplateState Template,
    long TemplateBytes,
    bool ClonesAllowed,
    bool? Checkpointable,
    Failure? Reason,
    IReadOnlyList<string> Findings,
    int PoolCells,
    int Spares,
    long PoolBytes);
