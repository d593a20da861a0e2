using Homeostat.Core.Explanation;
using Homeostat.Core.Regulation;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Server.Forwarding.Contract;

namespace Homeostat.Server.Regulation;

/// <summary>Executes what a plan says: marks the state, calls the driver off the loop, and posts how it ended. No choices are left here.</summary>
internal sealed partial class ServiceController
{
    private void Execute(RegulatorCommand command)
    {
        switch (command)
        {
            case RegulatorCommand.Start start:
                var observed = new ObservedInstance(start.Id, start.Revision, Tier.Starting, null, null, _context.Clock.Now, TimeSpan.Zero, 0);
                _instances.Add(start.Id, new InstanceState(observed, _context.Clock.Now));
                Begin(start, _instances[start.Id], new Operation(OperationKind.Starting, _context.Clock.Now, Tier.Running));
                break;
            case RegulatorCommand.Wake wake:
                Begin(wake, _instances[wake.Id], new Operation(OperationKind.Waking, _context.Clock.Now, Tier.Running));
                break;
            case RegulatorCommand.Sleep sleep:
                ExecuteSleep(sleep, _instances[sleep.Id]);
                break;
            case RegulatorCommand.Drain drain:
                ExecuteDrain(_instances[drain.Id]);
                break;
            case RegulatorCommand.Stop stop:
                ExecuteStop(stop, _instances[stop.Id]);
                break;
            case RegulatorCommand.Resize resize:
                ExecuteResize(resize, _instances[resize.Id]);
                break;
            case RegulatorCommand.Prepare prepare:
                _preparing = prepare.Revision;
                Launch(prepare, 0, default);
                break;
            case RegulatorCommand.MakeTemplate make:
                _makingTemplate = make.Revision;
                Launch(make, 0, default);
                break;
            case RegulatorCommand.Forget forget:
                _prepared.Remove(forget.Revision);
                _forgetting++;
                Launch(forget, 0, default);
                break;
            default:
                throw new InvalidOperationException($"unknown command {command}");
        }
    }

    private void ExecuteDrain(InstanceState instance)
    {
        instance.Seat?.Close();
        instance.DrainingSince = _context.Clock.Now;
        Changed(instance);
        if (instance.Seat is null or { InFlight: 0 })
        {
            // Nobody will give a last slot back: it is drained now.
            Signal();
        }
    }

    private void ExecuteSleep(RegulatorCommand.Sleep sleep, InstanceState instance)
    {
        if (instance.Seat is { } seat && !seat.TryClose())
        {
            Drop(sleep);
            return;
        }

        if (sleep.To == Tier.Image)
        {
            // Connections can't be dumped: ours are closed before.
            instance.Unseat();
        }

        Begin(sleep, instance, new Operation(OperationKind.Sleeping, _context.Clock.Now, sleep.To));
    }

    private void ExecuteStop(RegulatorCommand.Stop stop, InstanceState instance)
    {
        if (!stop.Force && instance.Seat is { } seat && !seat.TryClose())
        {
            Drop(stop);
            return;
        }

        instance.Unseat();
        // For good: if the stop fails it is tried again, the instance is not used any more.
        instance.DrainingSince ??= _context.Clock.Now;
        instance.Cancel?.Cancel();
        instance.Cancel?.Dispose();
        Begin(stop, instance, new Operation(OperationKind.Stopping, _context.Clock.Now, Tier.Stopped));
    }

    /// <summary>At once and on this thread: it takes microseconds, and the request that asked for it is about to be sent.</summary>
    private void ExecuteResize(RegulatorCommand.Resize resize, InstanceState instance)
    {
        var (before, failure) = (instance.Observed.Limits, _context.Driver.Resize(resize.Id, resize.To));
        if (failure is null)
        {
            instance.Observed = instance.Observed with { Limits = resize.To };
            Changed(instance);
        }

        _context.Counters.Resize(before, resize.To, failure is null);
        _results.Add(new CommandResult(resize, failure));
    }

    /// <summary>A request took a slot between the look and now: the instance stays awake, and another look decides anew.</summary>
    private void Drop(RegulatorCommand command)
    {
        var decision = new Decision(_context.Clock.Now, "hold", "work arrived in this moment", "load", [], [], null, command.About);
        _decisions.Add(decision);
        Tell([decision]);
        Signal();
    }

    private void Begin(RegulatorCommand command, InstanceState instance, Operation operation)
    {
        instance.Operation = operation;
        instance.OperationNumber = ++_operations;
        instance.Cancel = command is RegulatorCommand.Stop ? null : new CancellationTokenSource(Limit(command), _context.Clock.Time);
        Changed(instance);
        Launch(command, instance.OperationNumber, instance.Cancel?.Token ?? default);
    }

    /// <summary>Drivers keep their own limits (the declared start timeout); this one is for a driver that hangs.</summary>
    private TimeSpan Limit(RegulatorCommand command) => command switch
    {
        RegulatorCommand.Start => _revision.Spec.Health.StartTimeout + TimeSpan.FromSeconds(30),
        RegulatorCommand.Wake => TimeSpan.FromMinutes(1),
        _ => TimeSpan.FromMinutes(5),
    };

    private void Launch(RegulatorCommand command, long operation, CancellationToken cancel)
    {
        var (generation, revision) = (_context.NextGeneration(), _revision);
        _ = Task.Run(() => RunAsync(command, revision, operation, generation, cancel), CancellationToken.None);
    }

    private async Task RunAsync(RegulatorCommand command, Revision revision, long operation, Generation generation, CancellationToken cancel)
    {
        var began = _context.Clock.Timestamp;
        (StartReport? Ready, Failure? Failure) ended;
        try
        {
            ended = await CallAsync(command, revision, generation, cancel);
            if (ended.Failure is { } failure)
            {
                LogCommandFailed(_log, _revision.Id.Service, command, failure.Message);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            var late = _context.Clock.Time.GetElapsedTime(began) >= Limit(command);
            ended = (null, late
                ? new Failure(FailureKind.Environment, $"the driver gave no answer within {Limit(command).TotalSeconds:0} s")
                : new Failure(FailureKind.Cancelled, "cancelled"));
        }
        catch (Exception e)
        {
            // The edge to the environment: whatever broke there becomes a failure the regulator backs off from.
            LogCommandBroke(_log, _revision.Id.Service, command, e);
            ended = (null, new Failure(FailureKind.Environment, e.Message));
        }

        var seen = command is RegulatorCommand.Sleep sleep && ended.Failure is null ? _context.Driver.Observe(sleep.Id) : null;
        Post(new ControllerMessage.CommandEnded(command, operation, ended.Ready, ended.Failure, _context.Clock.Time.GetElapsedTime(began), seen));
    }

    private async Task<(StartReport? Ready, Failure? Failure)> CallAsync(RegulatorCommand command, Revision revision, Generation generation, CancellationToken cancel)
    {
        var driver = _context.Driver;
        switch (command)
        {
            case RegulatorCommand.Start start:
                return Settle(start.Id, start.Limits, await driver.StartAsync(start.Id, start.Revision, start.Way, Boosted(start.Limits), generation, cancel));
            case RegulatorCommand.Wake wake:
                var limits = wake.From is Tier.Frozen or Tier.PagedOut ? wake.Limits : Boosted(wake.Limits);
                return Settle(wake.Id, wake.Limits, await driver.WakeAsync(wake.Id, limits, generation, cancel));
            case RegulatorCommand.Sleep sleep:
                return (null, await driver.SleepAsync(sleep.Id, sleep.To, generation, cancel));
            case RegulatorCommand.Stop stop:
                await driver.StopAsync(stop.Id, stop.Grace, generation, cancel);
                return (null, null);
            case RegulatorCommand.Prepare:
                return (null, await driver.PrepareAsync(revision, cancel));
            case RegulatorCommand.MakeTemplate make:
                // A state that stays as it was must count as a failure: without a pause the regulator would ask again at once, for ever.
                var status = await driver.MakeTemplateAsync(make.Revision, make.Anew, cancel);
                return (null, status.Template == TemplateState.None ? status.Reason ?? NoTemplate : null);
            case RegulatorCommand.Forget forget:
                await driver.ForgetAsync(forget.Revision, cancel);
                return (null, null);
            default:
                throw new InvalidOperationException($"unknown command {command}");
        }
    }

    /// <summary>Start-up boost: no CPU limit until it is ready. A quota would slow the start, which nobody but the waiting request pays for.</summary>
    private static ResourceLimits Boosted(ResourceLimits limits) => limits with { Cpu = null };

    /// <summary>Gives an instance that has become ready the limits it was planned with. That there are none on this host was said by doctor.</summary>
    private (StartReport? Ready, Failure? Failure) Settle(InstanceId id, ResourceLimits limits, StartOutcome outcome)
    {
        if (outcome.Ready is not { } ready || ready.Instance.Limits is not { } begun || begun.Cpu == limits.Cpu)
        {
            return (outcome.Ready, outcome.Failure);
        }

        var settled = limits with { MemoryBytes = begun.MemoryBytes };
        if (_context.Driver.Resize(id, settled) is not { } failure)
        {
            return (ready with { Instance = ready.Instance with { Limits = settled } }, null);
        }

        if (failure.Kind != FailureKind.NotSupported)
        {
            LogResizeFailed(_log, id, failure.Message);
        }

        return (ready, null);
    }

    private static Failure NoTemplate { get; } = new(FailureKind.NotSupported, "the driver made no template and gave no reason");

    private UpstreamInstance Seated(InstanceId id, WakeWay way, TimeSpan took)
    {
        // Of today's revision also for an older one's instance: what is wanted now counts.
        var scale = _revision.Spec.Scale;
        var seat = new Activation.Seat(scale.ConcurrencyTarget, scale.ConcurrencyLimit, _context.Clock, Upstream.Pauses)
        {
            Way = way, Took = took, ReadyAt = _context.Clock.Now, IsFresh = way is WakeWay.Restored or WakeWay.Cold,
        };
        seat.Monitored = _context.Monitor.Watch(id, () => seat.InFlight, Signal);
        return new UpstreamInstance(id, cancel => _context.Driver.ConnectAsync(id, cancel)) { Seat = seat };
    }

    private void Changed(InstanceState instance) => instance.ChangedAt = _context.NextStamp();
}
