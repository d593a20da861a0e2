using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci.Cells;

namespace Homeostat.Drivers.Runtime.Oci.Revisions;

/// <summary>What the driver holds for a prepared revision.</summary>
internal sealed class OciRevision(Revision revision, OciContext context, CellPool pool) : IAsyncDisposable
{
    /// <summary>Memory of an idle cell: init, keeper and the kernel's side of it (measured 0.35 MB), and a waiting criu (0.2 MB).</summary>
    private const long CellBytes = 600 << 10;

    public ServiceSpec Spec => revision.Spec;

    /// <summary>Fills the pool in the background.</summary>
    public void Begin() => pool.Fill();

    public Task<Cell> TakeCellAsync(CancellationToken cancel) => pool.TakeAsync(cancel);

    public RevisionStatus Describe() => new(
        revision.Id,
        TemplateState.None,
        TemplateBytes: 0,
        ClonesAllowed: false,
        Checkpointable: context.Capabilities.Checkpoint && Spec.Checkpoint.Mode == CheckpointMode.Auto ? null : false,
        Reason: pool.Trouble is { } trouble ? new Failure(FailureKind.Environment, trouble) : null,
        Findings: [],
        pool.Count,
        Spares: 0,
        pool.Count * CellBytes);

    public ValueTask DisposeAsync() => pool.DisposeAsync();
}
