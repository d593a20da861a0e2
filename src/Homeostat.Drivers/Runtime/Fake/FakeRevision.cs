using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Drivers.Runtime.Fake;

/// <summary>What the fake driver holds for a prepared revision: its template's state and the parked spares. Safe for concurrent use.</summary>
internal sealed class FakeRevision(Revision revision, FakeProgram program, FakeHost host, FakeOptions options, TimeProvider time) : IDisposable
{
    private const long TemplateBytes = 20L << 20;
    private const long CellBytes = 1L << 20;
    private const long SpareBytes = 12L << 20;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _making = new(1, 1);
    private readonly CancellationTokenSource _forgotten = new();
    private TemplateState _template;
    private Failure? _reason;
    private int _spares;

    public ServiceSpec Spec => revision.Spec;

    private RevisionId Id => revision.Id;

    public Failure? Fails(FakeStep step, InstanceId? instance) => host.Fault?.Invoke(step, Id, instance) ?? program.At(step, Spec);

    public RevisionStatus Describe()
    {
        lock (_lock)
        {
            bool? checkpointable = (Imaging, _template) switch
            {
                (false, _) or (_, TemplateState.Refused) => false,
                (_, TemplateState.Ready) => true,
                _ => null,
            };
            return new RevisionStatus(
                Id, _template, _template == TemplateState.Ready ? TemplateBytes : 0, ClonesAllowed, checkpointable, _reason ?? Refusal(), [],
                options.PoolCells, _spares, (options.PoolCells * CellBytes) + (_spares * SpareBytes));
        }
    }

    public async Task<RevisionStatus> MakeTemplateAsync(bool anew, Func<FakeStep, InstanceId?, CancellationToken, Task> takeTime, CancellationToken cancel)
    {
        await _making.WaitAsync(cancel);
        try
        {
            if (!Imaging || (_template == TemplateState.Ready && !anew))
            {
                return Describe();
            }

            Set(TemplateState.Making, null);
            await takeTime(FakeStep.Template, null, cancel);
            if (Fails(FakeStep.Template, null) is { } failure)
            {
                Set(TemplateState.Refused, failure);
            }
            else
            {
                host.Templates[Id] = new FakeMemory(time);
                Set(TemplateState.Ready, null);
                FillSpares(takeTime);
            }

            host.Hint(null, $"template of {Id}: {_template}");
            return Describe();
        }
        catch (OperationCanceledException)
        {
            Set(TemplateState.None, null);
            throw;
        }
        finally
        {
            _making.Release();
        }
    }

    /// <summary>The template's memory to clone from, with a spare used up if one is asked for; else why not.</summary>
    public Failure? TryClone(StartWay way, Func<FakeStep, InstanceId?, CancellationToken, Task> takeTime, out FakeMemory? memory)
    {
        memory = null;
        lock (_lock)
        {
            if (_template != TemplateState.Ready || !ClonesAllowed || !host.Templates.TryGetValue(Id, out var template))
            {
                return new Failure(FailureKind.NoImage, $"{Id} has no template that may be cloned");
            }

            if (way == StartWay.Spare && --_spares < 0)
            {
                _spares = 0;
                return new Failure(FailureKind.NoImage, $"no spare of {Id} is parked");
            }

            memory = template.Copy();
        }

        if (way == StartWay.Spare)
        {
            FillSpares(takeTime);
        }

        return null;
    }

    public void Dispose()
    {
        _forgotten.Cancel();
        _forgotten.Dispose();
    }

    private bool Imaging => options.Capabilities.Checkpoint && Spec.Checkpoint.Mode == CheckpointMode.Auto;

    private bool ClonesAllowed => _template == TemplateState.Ready && options.Capabilities.Clones && Spec.Checkpoint.Clones switch
    {
        ClonePolicy.Yes => true,
        ClonePolicy.No => false,
        _ => !program.Words.Contains("unprimed"),
    };

    private Failure? Refusal() => _template == TemplateState.Ready && !ClonesAllowed
        ? new Failure(FailureKind.NotSupported, "clones would repeat each other's random numbers", "checkpoint: { clones: yes } if that does no harm")
        : null;

    private void Set(TemplateState state, Failure? reason)
    {
        lock (_lock)
        {
            (_template, _reason) = (state, reason);
        }
    }

    /// <summary>Parks spares up to the declared number, off the caller's path.</summary>
    private void FillSpares(Func<FakeStep, InstanceId?, CancellationToken, Task> takeTime)
    {
        if (Spec.Checkpoint.Spares > 0 && ClonesAllowed)
        {
            var forgotten = _forgotten.Token;
            _ = Task.Run(() => FillAsync(takeTime, forgotten), forgotten);
        }
    }

    private async Task FillAsync(Func<FakeStep, InstanceId?, CancellationToken, Task> takeTime, CancellationToken forgotten)
    {
        try
        {
            await takeTime(FakeStep.Clone, null, forgotten);
            lock (_lock)
            {
                _spares = Spec.Checkpoint.Spares;
            }

            host.Hint(null, $"spares of {Id} parked");
        }
        catch (OperationCanceledException)
        {
            // The revision was forgotten: nothing to park.
        }
    }
}
