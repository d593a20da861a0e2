using Homeostat.Core.Services;

namespace Homeostat.Server.Registry;

/// <summary>A row of <c>revisions</c>; named as its columns are.</summary>
#pragma warning disable IDE1006 // The names are those of the columns.
internal sealed record RevisionRow(string service, long number, string digest, string spec, long created_at)
#pragma warning restore IDE1006
{
    public static RevisionRow Of(Revision revision) => new(
        revision.Id.Service.Value,
        revision.Id.Number,
        revision.Digest,
        ServiceFileWriter.Write(revision.Spec),
        revision.CreatedAt.ToUnixTimeMilliseconds());
}
