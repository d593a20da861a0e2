using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Images;
using Homeostat.Drivers.Runtime.Oci.Roots;
using Homeostat.Drivers.Runtime.Oci.Templates;

namespace Homeostat.Drivers.Runtime.Oci.Revisions;

/// <summary>What the driver holds for a prepared revision: a pool of empty cells, and once there is a template that may be cloned, what clones are made of.</summary>
internal sealed class OciRevision(Revision revision, OciContext context, CellPlan plan) : IAsyncDisposable
{
    /// <summary>Memory of an empty cell: init, keeper and the kernel's side of it (measured).</summary>
    private const long CellBytes = 400 << 10;

    /// <summary>Memory of a cell with a prepared restore: criu, and processes without their memory (measured with Node.js).</summary>
    private const long PreparedCellBytes = 1400 << 10;

    /// <summary>Clones that failed in a row before the template is given up: an image that is damaged, or a program that a clone's address or time breaks.</summary>
    private const int CloneFailuresMax = 3;

    /// <summary>Two crashes of young clones further apart than this have nothing to do with each other.</summary>
    private static readonly TimeSpan CrashesApart = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim _making = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private bool _closed;
    private CellPool _cold = ColdPool(context, plan);
    private volatile TemplateRecord? _record;
    private volatile CloneSource? _clones;
    private volatile bool _isMaking;
    private volatile Failure? _dropped;
    private int _cloneFailures;
    private long _crashedAt;

    public ServiceSpec Spec => revision.Spec;

    public CloneSource? Clones => _clones;

    private bool Imaging => context.Images is not null && context.Capabilities.Checkpoint && Spec.Checkpoint.Mode == CheckpointMode.Auto;

    private string Directory => context.Data.TemplateOf(revision.Id);

    /// <summary>Takes up the template that an earlier platform made, and fills the pools in the background.</summary>
    public void Begin()
    {
        if (TemplateRecord.Read(Directory) is { } record && record.IsKept(context.Boot) && Imaging)
        {
            Use(record);
        }

        TemplateUppers.Collect(context.Data, revision.Id, _record?.Upper);
        lock (_lock)
        {
            if (!_closed)
            {
                _cold.Fill();
            }
        }
    }

    public Task<Cell> TakeCellAsync(CancellationToken cancel) => _cold.TakeAsync(cancel);

    public async Task<RevisionStatus> MakeTemplateAsync(bool anew, CancellationToken cancel)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel, _stop.Token);
        await _making.WaitAsync(ending.Token);
        try
        {
            if (_clones is { } clones && (anew ? "it is taken anew" : ImageStore.WhyNot(clones.Image)) is { } why)
            {
                Drop(clones, new Failure(FailureKind.RestoreFailed, $"the template of {revision.Id} can't be used: {why}"), TemplateState.None);
            }

            // One that may not be cloned is no more than the proof that dumps work, which is given anew too.
            if (!Imaging || (_record is { State: TemplateState.Ready } && !anew))
            {
                return Describe();
            }

            _isMaking = true;
            var record = await new TemplateMaker(context, revision, plan).MakeAsync(ending.Token);
            if (record.State == TemplateState.None)
            {
                // Nothing was found out about the program: whoever asked is told why, and asks again later.
                TemplateRecord.Remove(Directory);
                (_record, _dropped) = (null, record.Reason);
            }
            else
            {
                record.Write(Directory);
                Use(record);
            }

            TemplateUppers.Collect(context.Data, revision.Id, _record?.Upper);
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
    public void CloneEnded(CloneSource source, Failure? failure)
    {
        if (failure is null)
        {
            Interlocked.Exchange(ref _cloneFailures, 0);
        }
        else if (ImageStore.WhyNot(source.Image) is not null)
        {
            // Not the program's fault, and not to be tried twice more.
            Drop(source, failure, TemplateState.None);
        }
        else if (Interlocked.Increment(ref _cloneFailures) >= CloneFailuresMax)
        {
            Drop(source, failure, TemplateState.Refused);
        }
    }

    /// <summary>
    /// A clone crashed when it had hardly begun: its template is not used again. The first time one is made anew; when a clone of that crashes soon too, it is
    /// the program that does not bear it, or a fault that the next template would have as well.
    /// </summary>
    public void CloneCrashed(CloneSource source, ExitInfo exit)
    {
        var now = context.Time.GetUtcNow().UtcTicks;
        var again = now - Volatile.Read(ref _crashedAt) > CrashesApart.Ticks;
        var failure = new Failure(
            FailureKind.RestoreFailed, $"a clone of {revision.Id} crashed at once: {exit}", "look at its logs; checkpoint takes the template anew");
        if (Drop(source, failure, again ? TemplateState.None : TemplateState.Refused))
        {
            Volatile.Write(ref _crashedAt, now);
        }
    }

    public RevisionStatus Describe()
    {
        var (record, clones) = (_record, _clones);
        bool? checkpointable = (Imaging, record?.State) switch
        {
            (false, _) => false,
            // What could be dumped but not cloned can still sleep.
            (_, TemplateState.Refused) => record!.Reason?.Kind == FailureKind.RestoreFailed ? true : false,
            (_, TemplateState.Ready) => true,
            _ => null,
        };
        var (cold, prepared) = (_cold.Count, clones?.Cells.Count ?? 0);
        var spares = clones?.Spares.Count ?? 0;
        var trouble = _cold.Trouble ?? clones?.Cells.Trouble;
        return new RevisionStatus(
            revision.Id,
            _isMaking ? TemplateState.Making : record?.State ?? TemplateState.None,
            clones?.Image.Record.Bytes ?? 0,
            clones is not null,
            checkpointable,
            record?.Reason ?? _dropped ?? (trouble is null ? null : new Failure(FailureKind.Environment, trouble)),
            record?.Findings ?? [],
            cold + prepared,
            spares,
            (cold * CellBytes) + (prepared * PreparedCellBytes) + (spares * (PreparedCellBytes + (clones?.Image.Record.Bytes ?? 0))));
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

    private static CellPool ColdPool(OciContext context, CellPlan plan) => new(context, plan, context.Options.PoolCells);

    /// <summary>Gives up a template. The next starts are cold, from a pool again.</summary>
    /// <param name="state">None: it is made anew; refused: only if an operator asks for it.</param>
    /// <returns>False: it was given up already.</returns>
    private bool Drop(CloneSource source, Failure why, TemplateState state)
    {
        if (Interlocked.CompareExchange(ref _clones, null, source) != source)
        {
            return false;
        }

        var refused = state == TemplateState.Refused ? _record! with { State = state, ClonesAllowed = false, Reason = why, Lasting = true } : null;
        try
        {
            context.Images!.Remove(ImageKind.Template, revision.Id.ToString());
            TemplateRecord.Remove(Directory);
            refused?.Write(Directory);
        }
        catch (IOException)
        {
            // A full disk: what counts until the next platform is in memory, and that one finds no image.
        }

        Interlocked.Exchange(ref _cloneFailures, 0);
        context.Background.Run(() => source.DisposeAsync().AsTask());
        lock (_lock)
        {
            if (!_closed)
            {
                var none = _cold;
                context.Background.Run(() => none.DisposeAsync().AsTask());
                _cold = ColdPool(context, plan);
                _cold.Fill();
            }
        }

        _dropped = why;
        // Last: whoever sees it may make the next template under the same names.
        _record = refused;
        context.Hints.Post(null, $"template of {revision.Id} given up: {why.Message}");
        return true;
    }

    private void Use(TemplateRecord record)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            if (record is { ClonesAllowed: true } && !UseClones(record))
            {
                // Lost or damaged since: made anew.
                TemplateRecord.Remove(Directory);
                return;
            }

            (_dropped, _record) = (null, record);
        }
    }

    /// <summary>Starts are clones from now on; the rare cold one makes its cell then.</summary>
    private bool UseClones(TemplateRecord record)
    {
        if (record is not { Reach: { } reach, Upper: { } upper } || context.Images!.Find(ImageKind.Template, revision.Id.ToString()).Image is not { } image)
        {
            return false;
        }

        var cells = new CellPool(context, plan.Over(TemplateUppers.PathOf(context.Data, revision.Id, upper)), context.Options.PoolCells, image.Path);
        var spares = new SparePool(
            context, cells, image, Path.Combine(Directory, "logs"), Spec.Checkpoint.Spares,
            () => context.Hints.Post(null, $"a spare of {revision.Id} is parked"));
        _clones = new CloneSource(image, reach.ToReach(), cells, spares);
        cells.Fill();
        spares.Fill();
        var cold = _cold;
        _cold = new CellPool(context, plan, size: 0);
        context.Background.Run(() => cold.DisposeAsync().AsTask());
        return true;
    }
}
