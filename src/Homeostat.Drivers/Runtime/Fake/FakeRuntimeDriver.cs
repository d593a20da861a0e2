using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;

namespace Homeostat.Drivers.Runtime.Fake;

/// <summary>
/// A working driver without containers: instances are small HTTP servers of this process on loopback, every tier and image is imitated with declared
/// latencies, and faults can be injected. It passes the drivers' conformance suite. For trying the platform without root (<c>homeostat up --driver fake</c>)
/// and for tests.
/// </summary>
/// <param name="host">The world it runs on; outlives the driver and is disposed of by its maker.</param>
public sealed class FakeRuntimeDriver(FakeHost host, FakeOptions options, TimeProvider time) : IRuntimeDriver
{
    private readonly ConcurrentDictionary<RevisionId, FakeRevision> _revisions = new();

    public DriverCapabilities Capabilities => options.Capabilities;

    public Task<Failure?> PrepareAsync(Revision revision, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        host.Record(FakeStep.Prepare, revision.Id, null);
        var (program, unknown) = FakeProgram.Of(revision.Spec);
        if (unknown is not null)
        {
            return Task.FromResult<Failure?>(new Failure(FailureKind.Environment, $"FAKE says '{unknown}', which the fake driver does not know"));
        }

        var made = new FakeRevision(revision, program, host, options, time);
        if (made.Fails(FakeStep.Prepare, null) is { } failure)
        {
            return Task.FromResult<Failure?>(failure);
        }

        _revisions.TryAdd(revision.Id, made);
        return Task.FromResult<Failure?>(null);
    }

    public Task ForgetAsync(RevisionId revision, CancellationToken cancel)
    {
        if (_revisions.TryRemove(revision, out var forgotten))
        {
            forgotten.Dispose();
        }

        host.Templates.TryRemove(revision, out _);
        return Task.CompletedTask;
    }

    public Task<RevisionStatus> MakeTemplateAsync(RevisionId revision, bool anew, CancellationToken cancel) =>
        _revisions.TryGetValue(revision, out var known)
            ? known.MakeTemplateAsync(anew, (step, instance, stop) => StepAsync(step, revision, instance, stop), cancel)
            : throw new InvalidOperationException($"{revision} is not prepared");

    public RevisionStatus? Describe(RevisionId revision) => _revisions.TryGetValue(revision, out var known) ? known.Describe() : null;

    public async Task<StartOutcome> StartAsync(InstanceId id, RevisionId revision, StartWay way, ResourceLimits limits, Generation generation, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        if (!_revisions.TryGetValue(revision, out var known))
        {
            return StartOutcome.Failed(FailureKind.NotFound, $"{revision} is not prepared");
        }

        using var turn = await host.Instances.TakeAsync(id, () => new FakeInstance(id, revision, limits, host, time), generation, cancel);
        if (turn.Instance is not { } instance)
        {
            return new StartOutcome(null, turn.Refusal);
        }

        if (instance.Tier != Tier.Starting)
        {
            return instance.Tier == Tier.Running
                ? Ready(instance, WakeWay.Running, began, [])
                : StartOutcome.Failed(FailureKind.NotFound, $"{id} is {instance.Tier}: wake it or stop it");
        }

        try
        {
            var outcome = await StartNewAsync(known, instance, way, began, cancel);
            if (outcome.Failure is not null)
            {
                host.Remove(instance);
            }

            return outcome;
        }
        catch (OperationCanceledException)
        {
            host.Remove(instance);
            throw;
        }
    }

    public async Task<StartOutcome> WakeAsync(InstanceId id, ResourceLimits limits, Generation generation, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        using var turn = await host.Instances.TakeAsync(id, null, generation, cancel);
        if (turn.Instance is not { } instance)
        {
            return new StartOutcome(null, turn.Refusal);
        }

        switch (instance.Tier)
        {
            case Tier.Running:
                return Ready(instance, WakeWay.Running, began, []);
            case Tier.Image:
                instance.Begin(limits);
                return await RestoreAsync(instance, began, cancel);
            case Tier.Frozen or Tier.PagedOut:
                var step = instance.Tier == Tier.Frozen ? FakeStep.Thaw : FakeStep.PageIn;
                await StepAsync(step, instance.Revision, id, cancel);
                var failure = Fails(step, instance);
                instance.Begin(limits);
                return failure is null && instance.Thaw()
                    ? Ready(instance, WakeWay.Frozen, began, [step])
                    : new StartOutcome(null, failure ?? new Failure(FailureKind.ProgramExited, $"{id} ended while it was frozen"));
            default:
                return StartOutcome.Failed(FailureKind.NotFound, $"{id} is {instance.Tier} and can't be woken");
        }
    }

    public Failure? Resize(InstanceId id, ResourceLimits limits)
    {
        if (!host.Instances.TryFind(id, out var instance))
        {
            return new Failure(FailureKind.NotFound, $"{id} is not known");
        }

        host.Record(FakeStep.Resize, instance.Revision, id);
        return !Capabilities.Resize
            ? new Failure(FailureKind.NotSupported, "this host limits nothing")
            : Fails(FakeStep.Resize, instance) ?? instance.Resize(limits);
    }

    public ResourceUsage? Sample(InstanceId id) => host.Instances.TryFind(id, out var instance) ? instance.Sample() : null;

    public async Task<Failure?> SleepAsync(InstanceId id, Tier to, Generation generation, CancellationToken cancel)
    {
        using var turn = await host.Instances.TakeAsync(id, null, generation, cancel);
        if (turn.Instance is not { } instance)
        {
            return turn.Refusal;
        }

        var from = instance.Tier;
        if (from == to)
        {
            return null;
        }

        if (from is not (Tier.Running or Tier.Frozen or Tier.PagedOut) || to is not (Tier.Frozen or Tier.PagedOut or Tier.Image) || to < from)
        {
            return new Failure(FailureKind.NotFound, $"{id} is {from}: it can't go to {to}");
        }

        if (Unsupported(instance, to) is { } unsupported)
        {
            return unsupported;
        }

        return await SleepAsync(instance, from, to, cancel);
    }

    public async Task StopAsync(InstanceId id, TimeSpan grace, Generation generation, CancellationToken cancel)
    {
        using var turn = await host.Instances.TakeAsync(id, null, generation, cancel);
        if (turn.Instance is { } instance)
        {
            await StepAsync(FakeStep.Stop, instance.Revision, id, cancel);
            host.Remove(instance);
        }
    }

    public Task<IReadOnlyList<ObservedInstance>> ListAsync(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyList<ObservedInstance>>([.. host.Instances.All.Select(i => i.Observe()).OrderBy(i => i.Id)]);
    }

    public ObservedInstance? Observe(InstanceId id) => host.Instances.Find(id)?.Observe();

    public async IAsyncEnumerable<DriverHint> WatchAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        var (key, hints) = host.Watch();
        try
        {
            await foreach (var hint in hints.ReadAllAsync(cancel))
            {
                yield return hint;
            }
        }
        finally
        {
            host.Unwatch(key);
        }
    }

    public async ValueTask<Socket> ConnectAsync(InstanceId id, CancellationToken cancel)
    {
        if (!host.Instances.TryFind(id, out var instance) || instance.Endpoint is not { } endpoint)
        {
            throw new SocketException((int)SocketError.ConnectionRefused);
        }

        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint, cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async IAsyncEnumerable<LogLine> ReadLogsAsync(InstanceId id, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancel)
    {
        var after = 0L;
        while (host.Instances.TryFind(id, out var instance))
        {
            var (lines, more) = instance.Memory.Read(id, after, after == 0 ? tail : int.MaxValue);
            foreach (var (number, line) in lines)
            {
                after = number;
                yield return line;
            }

            if (!follow || instance.Removed)
            {
                yield break;
            }

            await more.WaitAsync(cancel);
        }
    }

    /// <summary>Leaves the instances as they are: they belong to the host.</summary>
    public ValueTask DisposeAsync()
    {
        foreach (var revision in _revisions.Values)
        {
            revision.Dispose();
        }

        _revisions.Clear();
        return ValueTask.CompletedTask;
    }

    private async Task<StartOutcome> StartNewAsync(FakeRevision known, FakeInstance instance, StartWay way, long began, CancellationToken cancel)
    {
        if (OutOfAddresses() is { } none)
        {
            return new StartOutcome(null, none);
        }

        var step = way switch { StartWay.Clone => FakeStep.Clone, StartWay.Spare => FakeStep.Spare, _ => FakeStep.Cold };
        FakeMemory? memory = null;
        if (way != StartWay.Cold && known.TryClone(way, (s, i, c) => StepAsync(s, instance.Revision, i, c), out memory) is { } missing)
        {
            return new StartOutcome(null, missing);
        }

        await StepAsync(step, instance.Revision, instance.Id, cancel);
        if (known.Fails(step, instance.Id) is { } failure)
        {
            return new StartOutcome(null, failure);
        }

        instance.Run(memory);
        return Ready(instance, way == StartWay.Cold ? WakeWay.Cold : WakeWay.Restored, began, [step]);
    }

    private async Task<StartOutcome> RestoreAsync(FakeInstance instance, long began, CancellationToken cancel)
    {
        if (OutOfAddresses() is { } none)
        {
            return new StartOutcome(null, none);
        }

        var restored = false;
        try
        {
            await StepAsync(FakeStep.Restore, instance.Revision, instance.Id, cancel);
            if (Fails(FakeStep.Restore, instance) is { } failure)
            {
                return new StartOutcome(null, failure);
            }

            instance.Run(instance.Memory);
            restored = true;
            return Ready(instance, WakeWay.Restored, began, [FakeStep.Restore]);
        }
        finally
        {
            // The image is consumed by the attempt: what could not be restored is gone.
            if (!restored)
            {
                host.Remove(instance);
            }
        }
    }

    private async Task<Failure?> SleepAsync(FakeInstance instance, Tier from, Tier to, CancellationToken cancel)
    {
        var step = to switch { Tier.Image => FakeStep.Dump, Tier.PagedOut => FakeStep.PageOut, _ => FakeStep.Freeze };
        var slept = false;
        instance.Sleep(from == Tier.Running ? Tier.Frozen : from);
        try
        {
            await StepAsync(step, instance.Revision, instance.Id, cancel);
            if (Fails(step, instance) is { } failure)
            {
                return failure;
            }

            slept = instance.Sleep(to);
            return slept ? null : new Failure(FailureKind.ProgramExited, $"{instance.Id} ended meanwhile");
        }
        finally
        {
            if (!slept && from == Tier.Running)
            {
                instance.Thaw();
            }
        }
    }

    private Failure? Fails(FakeStep step, FakeInstance instance) =>
        _revisions.TryGetValue(instance.Revision, out var known)
            ? known.Fails(step, instance.Id)
            : host.Fault?.Invoke(step, instance.Revision, instance.Id);

    private Failure? Unsupported(FakeInstance instance, Tier to)
    {
        var off = _revisions.TryGetValue(instance.Revision, out var known) && known.Spec.Checkpoint.Mode == CheckpointMode.Off;
        return (to, Capabilities) switch
        {
            (Tier.Frozen, { Freeze: false }) => new(FailureKind.NotSupported, "this host has no freezer"),
            (Tier.PagedOut, { PageOut: false }) => new(FailureKind.NotSupported, "this host has nowhere to page out to", "set up zram or swap"),
            (Tier.Image, { Checkpoint: false }) => new(FailureKind.NotSupported, "this host can't make process images"),
            (Tier.Image, _) when off => new(FailureKind.NotSupported, "the service declares checkpoint: { mode: off }"),
            _ => null,
        };
    }

    private Failure? OutOfAddresses()
    {
        // The asking instance is Starting and counted, or sleeps as an image and is not: one more than the limit is refused either way.
        var held = host.Instances.All.Count(i => i.HoldsAddress);
        return held > options.AddressesMax
            ? new Failure(FailureKind.NoAddress, $"all {options.AddressesMax} addresses are in use", "stop instances or widen the address range")
            : null;
    }

    private async Task StepAsync(FakeStep step, RevisionId revision, InstanceId? instance, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        host.Record(step, revision, instance);
        var latency = options.Latencies.Of(step);
        if (latency > TimeSpan.Zero)
        {
            await Task.Delay(latency, time, cancel);
        }
    }

    private StartOutcome Ready(FakeInstance instance, WakeWay way, long began, IReadOnlyList<FakeStep> steps) =>
        StartOutcome.Of(new StartReport(
            instance.Observe(), way, time.GetElapsedTime(began),
            [.. steps.Select(s => KeyValuePair.Create(s.ToString().ToLowerInvariant(), time.GetElapsedTime(began)))]));
}
