using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Images;
using Homeostat.Drivers.Runtime.Oci.Instances;
using Homeostat.Drivers.Runtime.Oci.Roots;
using Homeostat.Drivers.Runtime.Oci.Templates;

namespace Homeostat.Drivers.Runtime.Oci.Revisions;

/// <summary>What the driver holds for a prepared revision: a pool of empty cells, and once there is a template that may be cloned, what clones are made of.</summary>
internal sealed class OciRevision(Revision revision, OciContext context, CellPlan plan) : IAsyncDisposable
{
    /// <summary>Memory of an idle cell: init, keeper and the kernel's side of it (measured 0.35 MB), and a waiting criu (0.2 MB).</summary>
    private const long CellBytes = 600 << 10;

    /// <summary>Clones that failed in a row before the template is given up: an image that is damaged, or a program that a clone's address or time breaks.</summary>
    private const int CloneFailuresMax = 3;

    private readonly SemaphoreSlim _making = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private bool _closed;
    private CellPool _cold = new(context.Cells, plan, context.Options.PoolCells, warm: revision.Spec.Checkpoint.Mode == CheckpointMode.Auto && context.Capabilities.Checkpoint);
    private volatile TemplateRecord? _record;
    private volatile CloneSource? _clones;
    private volatile bool _isMaking;
    private int _cloneFailures;

    public ServiceSpec Spec => revision.Spec;

    public CloneSource? Clones => _clones;

    private bool Imaging => context.Images is not null && context.Capabilities.Checkpoint && Spec.Checkpoint.Mode == CheckpointMode.Auto;

    private string Directory => context.Data.TemplateOf(revision.Id);

    /// <summary>Takes up the template that an earlier platform made, and fills the pools in the background.</summary>
    public void Begin()
    {
        if (TemplateRecord.Read(Directory) is { } record && record.Boot == context.Boot && Imaging)
        {
            Use(record);
        }

        lock (_lock)
        {
            if (!_closed)
            {
                _cold.Fill();
            }
        }
    }

    public Task<Cell> TakeCellAsync(CancellationToken cancel) => _cold.TakeAsync(cancel);

    public async Task<RevisionStatus> MakeTemplateAsync(CancellationToken cancel)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel, _stop.Token);
        await _making.WaitAsync(ending.Token);
        try
        {
            if (!Imaging || _record is { State: TemplateState.Ready })
            {
                return Describe();
            }

            _isMaking = true;
            var record = await new TemplateMaker(context, revision, plan).MakeAsync(ending.Token);
            record.Write(Directory);
            Use(record);
            _isMaking = false;
            context.Hints.Post(null, $"template of {revision.Id}: {record.State}");
            return Describe();
        }
        finally
        {
            _isMaking = false;
            _making.Release();
        }
    }

    /// <summary>Counts clones that failed; after three in a row the template is given up.</summary>
    public async Task CloneEndedAsync(Failure? failure)
    {
        if (failure is null)
        {
            Interlocked.Exchange(ref _cloneFailures, 0);
            return;
        }

        if (Interlocked.Increment(ref _cloneFailures) == CloneFailuresMax && Interlocked.Exchange(ref _clones, null) is { } clones)
        {
            _record = _record! with { State = TemplateState.Refused, ClonesAllowed = false, Reason = failure };
            _record.Write(Directory);
            context.Images!.Remove(ImageKind.Template, revision.Id.ToString());
            context.Hints.Post(null, $"template of {revision.Id} given up: {failure.Message}");
            await clones.DisposeAsync();
        }
    }

    public RevisionStatus Describe()
    {
        var (record, clones) = (_record, _clones);
        bool? checkpointable = (Imaging, record?.State) switch
        {
            (false, _) or (_, TemplateState.Refused) => false,
            (_, TemplateState.Ready) => true,
            _ => null,
        };
        var cells = _cold.Count + (clones?.Cells.Count ?? 0);
        var spares = clones?.Spares.Count ?? 0;
        var trouble = _cold.Trouble ?? clones?.Cells.Trouble;
        return new RevisionStatus(
            revision.Id,
            _isMaking ? TemplateState.Making : record?.State ?? TemplateState.None,
            clones?.Image.Record.Bytes ?? 0,
            clones is not null,
            checkpointable,
            record?.Reason ?? (trouble is null ? null : new Failure(FailureKind.Environment, trouble)),
            record?.Findings ?? [],
            cells,
            spares,
            (cells * CellBytes) + (spares * (CellBytes + (clones?.Image.Record.Bytes ?? 0))));
    }

    /// <summary>Gives back the pools, and what is being made: a template in the making is given up. A finished one stays for the next platform.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _closed = true;
        }

        await _stop.CancelAsync();
        // Its cells go with it; from here on none is made and no pool is exchanged.
        await _making.WaitAsync();
        if (Interlocked.Exchange(ref _clones, null) is { } clones)
        {
            await clones.DisposeAsync();
        }

        await _cold.DisposeAsync();
        _making.Dispose();
        _stop.Dispose();
    }

    /// <summary>Removes the template too.</summary>
    public async Task ForgetAsync()
    {
        await DisposeAsync();
        context.Images?.Remove(ImageKind.Template, revision.Id.ToString());
        WrittenTree.Remove(Directory);
    }

    private void Use(TemplateRecord record)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            if (record is { ClonesAllowed: true, Reach: { } reach } && !UseClones(reach))
            {
                return;
            }

            _record = record;
        }
    }

    /// <summary>Starts are clones from now on; the rare cold one makes its cell then.</summary>
    private bool UseClones(ReachState reach)
    {
        if (context.Images!.Find(ImageKind.Template, revision.Id.ToString()).Image is not { } image)
        {
            return false;
        }

        var cells = new CellPool(context.Cells, plan.Over(context.Data.TemplateUpperOf(revision.Id)), context.Options.PoolCells, warm: true);
        var spares = new SparePool(
            context.Cells, context.Background, cells, image, Path.Combine(Directory, "logs"), Spec.Checkpoint.Spares,
            () => context.Hints.Post(null, $"a spare of {revision.Id} is parked"));
        _clones = new CloneSource(image, reach.ToReach(), cells, spares);
        cells.Fill();
        spares.Fill();
        var cold = _cold;
        _cold = new CellPool(context.Cells, plan, size: 0, warm: false);
        context.Background.Run(() => cold.DisposeAsync().AsTask());
        return true;
    }
}
