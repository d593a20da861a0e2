using Homeostat.Core.Regulation;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Core.Tests.Regulation.Simulation;

/// <summary>Stepping, executing, and the laws that hold at every moment.</summary>
internal sealed partial class World
{
    private RegulatorInput Input() => new()
    {
        Now = Now,
        Mode = _mode,
        Current = _revision,
        State = new RevisionView(_prepared.Contains(_revision.Id), _preparing, _making, _prepared.Contains(_revision.Id) ? _status : null),
        Host = Host,
        Demand = _gate.Oldest is { } oldest ? new Demand(_gate.Count, oldest.EnteredAt, oldest.Trigger) : Demand.None,
        Instances = [.. _instances.Values.Select(i => i.View(_bug == PlantedBug.HiddenWork))],
        Prepared = [.. _prepared],
        Results = [.. _results],
        Wish = _wish,
        Memory = _memory,
        Jitter = _random.NextDouble(),
    };

    private void Step()
    {
        // A loop that does not let time pass would never end: the server would burn a processor.
        _stepsNow = _stepAt == Now ? _stepsNow + 1 : 0;
        _stepAt = Now;
        Require(_stepsNow < 1000, "a thousand steps at one instant");
        Steps++;
        Expire();
        var (input, last) = (Input(), _gate.Entered);
        _results.Clear();
        var plan = ServiceRegulator.Step(input, _policy);
        var wrong = PlanCheck.Find(input, plan);
        Require(wrong.Count == 0, string.Join("; ", wrong));
        Require(plan.Commands.Count <= 100 && plan.Decisions.Count <= 200, "a plan without bounds");
        _memory = plan.Memory;
        foreach (var command in plan.Commands)
        {
            Execute(command);
        }

        ServeGate();
        if (plan.Verdict is not null)
        {
            foreach (var ticket in _gate.RefuseAll(last))
            {
                Answer((SimRequest)ticket.Waiter!, "refused");
            }
        }

        if (plan.WishAnswer is not null)
        {
            _wish = null;
            After(TimeSpan.Zero, Step);
        }

        Look(plan.LookAgainAt);
    }

    private void Look(DateTimeOffset? at)
    {
        _look = at;
        if (at is { } time)
        {
            var wait = time - Now;
            After(wait > TimeSpan.FromMilliseconds(1) ? wait : TimeSpan.FromMilliseconds(1), () =>
            {
                if (_look == at)
                {
                    Step();
                }
            });
        }
    }

    private void Execute(RegulatorCommand command)
    {
        switch (command)
        {
            case RegulatorCommand.Start start:
                var made = new SimInstance(start.Id, start.Revision, Now);
                Require(_instances.TryAdd(start.Id, made), $"{start.Id} was used before");
                Begin(made, OperationKind.Starting, Tier.Running, command, start.Way == StartWay.Cold ? 500 : 10, () => Started(made, start));
                break;
            case RegulatorCommand.Wake wake:
                var asleep = _instances[wake.Id];
                Begin(asleep, OperationKind.Waking, Tier.Running, command, wake.From == Tier.Image ? 10 : 1, () => Woken(asleep, wake));
                break;
            case RegulatorCommand.Sleep sleep when IsUsed(sleep.Id):
            case RegulatorCommand.Stop { Force: false } stop when IsUsed(stop.Id):
                After(TimeSpan.Zero, Step);
                break;
            case RegulatorCommand.Sleep sleep:
                var awake = _instances[sleep.Id];
                Begin(awake, OperationKind.Sleeping, sleep.To, command, sleep.To == Tier.Image ? 20 : 1, () => Slept(awake, sleep));
                break;
            case RegulatorCommand.Drain drain:
                _instances[drain.Id].DrainingSince = Now;
                After(TimeSpan.Zero, Step);
                break;
            case RegulatorCommand.Stop stop:
                Stop(_instances[stop.Id], stop);
                break;
            case RegulatorCommand.Prepare prepare:
                _preparing = true;
                Launch(command, 5, () => Prepared(prepare));
                break;
            case RegulatorCommand.MakeTemplate make:
                _making = true;
                Launch(command, 800, () => Templated(make));
                break;
            case RegulatorCommand.Forget forget:
                _prepared.Remove(forget.Revision);
                Launch(command, 1, () => null);
                break;
        }
    }

    /// <summary>A slot taken between the look and now keeps it awake: the seat's part.</summary>
    private bool IsUsed(InstanceId id) => _instances[id].Serving.Count > 0 && _bug != PlantedBug.HiddenWork;

    private void Stop(SimInstance instance, RegulatorCommand.Stop stop)
    {
        foreach (var request in instance.Serving)
        {
            Answer(request, "stopped");
        }

        instance.Serving.Clear();
        instance.DrainingSince ??= Now;
        Begin(instance, OperationKind.Stopping, Tier.Stopped, stop, 5, () =>
        {
            if (Faults.At("stop", FailureKind.Environment) is { } failure)
            {
                return failure;
            }

            _instances.Remove(instance.Id);
            return null;
        });
    }

    private void Begin(SimInstance instance, OperationKind kind, Tier to, RegulatorCommand command, double milliseconds, Func<Failure?> end)
    {
        var number = ++_operations;
        (instance.Operation, instance.OperationNumber) = (new Operation(kind, Now, to), number);
        Launch(command, milliseconds, () =>
        {
            // Overtaken by a stop: what it would have done is undone by the driver.
            if (instance.OperationNumber != number || !_instances.ContainsKey(instance.Id))
            {
                return new Failure(FailureKind.Cancelled, "cancelled");
            }

            instance.Operation = null;
            return end();
        });
    }

    private void Launch(RegulatorCommand command, double milliseconds, Func<Failure?> end) =>
        After(TimeSpan.FromMilliseconds(milliseconds * Faults.Slowness * (0.5 + _random.NextDouble())), () =>
        {
            var failure = end();
            _results.Add(new CommandResult(command, _bug == PlantedBug.FailuresHidden ? null : failure));
            Step();
        });

    private Failure? Started(SimInstance instance, RegulatorCommand.Start start)
    {
        var failure = Faults.At(start.Way == StartWay.Cold ? "cold" : "clone", start.Way == StartWay.Cold ? FailureKind.ProgramExited : FailureKind.RestoreFailed);
        if (start.Way == StartWay.Spare)
        {
            _status = _status with { Spares = 0 };
        }

        if (failure is not null)
        {
            _instances.Remove(instance.Id);
            CountFailure(start);
            return failure;
        }

        (instance.Tier, instance.ReadyAt, instance.IdleSince) = (Tier.Running, Now, Now);
        return null;
    }

    /// <summary>Back-off, seen from outside: 1 + 2 + 4 + 8 + 16 + 32 s, 20 % less, and as many at once as may start together.</summary>
    private void CountFailure(RegulatorCommand.Start start)
    {
        if (start.Way != StartWay.Cold)
        {
            return;
        }

        _coldFailures.Enqueue(Now);
        while (_coldFailures.Peek() < Now - TimeSpan.FromSeconds(60))
        {
            _coldFailures.Dequeue();
        }

        Require(_coldFailures.Count <= 8 * _revision.Spec.Scale.Max, $"{_coldFailures.Count} starts failed within a minute");
    }

    private Failure? Woken(SimInstance instance, RegulatorCommand.Wake wake)
    {
        var failure = Faults.At(wake.From == Tier.Image ? "restore" : "thaw", wake.From == Tier.Image ? FailureKind.RestoreFailed : FailureKind.Environment);
        if (failure is null && instance.Ended is null)
        {
            (instance.Tier, instance.ReadyAt, instance.IdleSince) = (Tier.Running, Now, Now);
            return null;
        }

        if (wake.From == Tier.Image)
        {
            _instances.Remove(instance.Id);
        }

        instance.SeenExit = instance.Ended;
        return failure ?? new Failure(FailureKind.ProgramExited, "it ended while it slept");
    }

    private Failure? Slept(SimInstance instance, RegulatorCommand.Sleep sleep)
    {
        var (step, kind) = sleep.To switch
        {
            Tier.Image => ("dump", FailureKind.DumpFailed),
            Tier.PagedOut => ("page-out", FailureKind.Environment),
            _ => ("freeze", FailureKind.Environment),
        };
        if (instance.Ended is not null)
        {
            instance.SeenExit = instance.Ended;
            return new Failure(FailureKind.ProgramExited, "it ended meanwhile");
        }

        var failure = Faults.At(step, kind);
        instance.Tier = failure is null ? sleep.To : instance.Tier;
        return failure;
    }

    private Failure? Prepared(RegulatorCommand.Prepare prepare)
    {
        _preparing = false;
        var failure = Faults.At("prepare", FailureKind.CommandNotFound);
        if (failure is null)
        {
            _prepared.Add(prepare.Revision);
        }

        return failure;
    }

    private Failure? Templated(RegulatorCommand.MakeTemplate make)
    {
        _making = false;
        if (make.Revision != _revision.Id)
        {
            return null;
        }

        var refused = Faults.Hit("template");
        _status = refused
            ? _status with { Template = TemplateState.Refused, Checkpointable = false, Reason = new Failure(FailureKind.DumpFailed, "simulated") }
            : _status with { Template = TemplateState.Ready, ClonesAllowed = _random.Next(3) > 0, Checkpointable = true, Spares = _revision.Spec.Checkpoint.Spares };
        return null;
    }

    private void CheckSafety()
    {
        var living = _instances.Values.Where(i => i.Revision == _revision.Id && i.DrainingSince is null && i.SeenExit is null).ToList();
        Require(living.Count <= _revision.Spec.Scale.Max, $"{living.Count} instances, max {_revision.Spec.Scale.Max}");
        foreach (var instance in _instances.Values)
        {
            Require(instance.Serving.Count == 0 || (instance.Tier == Tier.Running && instance.Operation is null), $"{instance.Id} serves and is {instance.Tier}, {instance.Operation?.Kind}");
            Require(instance.Serving.Count <= _revision.Spec.Scale.ConcurrencyLimit, $"{instance.Id} serves more than its limit");
        }

        Require(_gate.Oldest is not { } oldest || Now - oldest.EnteredAt <= _gate.Limits.HoldTime + TimeSpan.FromMilliseconds(2), "a request waits longer than the hold time");
        Require(_gate.Count == 0 || Free() is null, "a request waits beside a free slot");
    }
}
