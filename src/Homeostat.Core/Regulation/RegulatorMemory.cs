using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation;

/// <summary>What a step leaves for the next one. Of bounded size whatever happens.</summary>
/// <param name="Revision">The revision the back-offs belong to: a new one starts with a clean slate.</param>
/// <param name="Starts">After starts and programs that failed.</param>
/// <param name="Images">After dumps and restores that failed: meanwhile no images are made or used.</param>
/// <param name="Pauses">After freezes and page-outs that failed.</param>
/// <param name="Stops">After stops and removals that failed.</param>
/// <param name="Resizes">After limits that could not be written.</param>
/// <param name="NextNumber">Number of the next instance. The first value is an input: larger than any used before on this host.</param>
/// <param name="WishSeen">Newest wish a step has looked at.</param>
/// <param name="RaisedAt">When limits of an instance were last raised: their effect is waited for before instances are added.</param>
/// <param name="Held">The hold or refusal last recorded, so that looking again does not record it again.</param>
public sealed record RegulatorMemory(
    RevisionId? Revision,
    BackOff Starts,
    BackOff Images,
    BackOff Pauses,
    BackOff Stops,
    BackOff Resizes,
    long NextNumber,
    long WishSeen = 0,
    string? Held = null,
    DateTimeOffset? RaisedAt = null)
{
    public static RegulatorMemory Initial(long nextNumber) => new(null, BackOff.None, BackOff.None, BackOff.None, BackOff.None, BackOff.None, nextNumber);
}
