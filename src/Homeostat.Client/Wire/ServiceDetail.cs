using System.Text.Json;

namespace Homeostat.Client.Wire;

/// <summary>All of a service: what <c>homeostat inspect</c> shows.</summary>
/// <param name="Spec">The service file in its canonical form, every default written out.</param>
/// <param name="Digest">SHA-256 of the canonical form.</param>
/// <param name="Revisions">Kept revisions, newest first.</param>
/// <param name="Images">What is held for the current revision; null until it is prepared.</param>
public sealed record ServiceDetail(
    ServiceSummary Summary,
    JsonElement Spec,
    string Digest,
    DateTimeOffset CreatedAt,
    IReadOnlyList<RevisionInfo> Revisions,
    ImageInfo? Images,
    IReadOnlyList<InstanceInfo> Instances,
    LoadInfo? Load = null);

public sealed record RevisionInfo(int Revision, string Digest, DateTimeOffset CreatedAt);

/// <summary>Process images and what waits prepared for a revision.</summary>
/// <param name="Template"><c>none</c>, <c>making</c>, <c>ready</c> or <c>refused</c>.</param>
/// <param name="ClonesAllowed">Whether the template may be cloned.</param>
/// <param name="Checkpointable">Whether its instances can sleep as images; null: not known yet.</param>
/// <param name="Reason">Why refused, or why clones are not allowed.</param>
/// <param name="Remedy">What would mend it.</param>
/// <param name="Findings">What was found about clone safety, one line each.</param>
/// <param name="PoolCells">Prepared cells waiting.</param>
/// <param name="Spares">Parked clones waiting.</param>
/// <param name="PoolBytes">Memory of both.</param>
public sealed record ImageInfo(
    string Template,
    long TemplateBytes,
    bool ClonesAllowed,
    bool? Checkpointable,
    string? Reason,
    string? Remedy,
    IReadOnlyList<string> Findings,
    int PoolCells,
    int Spares,
    long PoolBytes);
