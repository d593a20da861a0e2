using Homeostat.Core.Explanation;
using Homeostat.Core.Regulation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Core.Replay.Policies;

/// <summary>
/// Runs the live regulator in a replay: plays the part of the server's controller around <see cref="ServiceRegulator"/>, step by step at the same occasions (first waiter,
/// drained instance, ended command, expiry, look-again time), and executes its commands at the costs of the setup. Nothing it decides is decided here.
/// </summary>
/// <param name="decided">Is told every decision.</param>
internal sealed class RegulatedPolicy(string name, IScalePolicy scale, Action<Decision> decided) : IReplayPolicy
{
    private static readonly TimeSpan LookMin = TimeSpan.FromMilliseconds(1);

    private readonly List<CommandResult> _results = [];
    private ReplayWorld _world = null!;
    private ReplayRandom _random = null!;
    private Revision _revision = null!;
    private RevisionStatus _status = null!;
    private RegulatorMemory _memory = RegulatorMemory.Initial(1);
    private LoadMeter _meter = null!;
    private DateTimeOffset? _look;

    public string Name => name;

    /// <summary>The service was applied before the trace begins: it is prepared, and its template image is made where clones are allowed.</summary>
    public void Begin(ReplayWorld world)
    {
        var (spec, images) = (world.Setup.Spec, world.Setup.Host.Checkpoint && world.Setup.Spec.Checkpoint.Mode == CheckpointMode.Auto);
        (_world, _meter) = (world, new LoadMeter());
        world.Load = _meter;
        _random = new ReplayRandom(world.Setup.Seed, stream: 7);
        _revision = new Revision(new RevisionId(spec.Service, 1), spec, "replay", world.Origin);
        var reason = world.Setup.Clones ? null : new Failure(FailureKind.NotSupported, "clones are off in this replay");
        _status = new RevisionStatus(
            _revision.Id, images ? TemplateState.Ready : TemplateState.None, 0, images && world.Setup.Clones, images, reason, [], 0, images && world.Setup.Clones ? spec.Checkpoint.Spares : 0, 0);
        CountSpares();
        Step();
    }

    public void FirstWaits() => Step();

    public void OverTarget() => Step();

    public void Drained(ReplayInstance instance) => Step();

    public void Expired() => Step();

    private void Step()
    {
        var (input, last) = (Input(), _world.Gate.Entered);
        _results.Clear();
        var plan = ServiceRegulator.Step(input, scale);
        if (PlanCheck.Find(input, plan) is { Count: > 0 } wrong)
        {
            throw new InvalidOperationException($"a plan of the replay is unsound: {string.Join("; ", wrong)}");
        }

        _memory = plan.Memory;
        foreach (var decision in plan.Decisions)
        {
            Record(decision);
        }

        foreach (var command in plan.Commands)
        {
            Execute(command);
        }

        _world.Reserve(plan.Reserve);
        _world.ServeGate();
        if (plan.Verdict is not null)
        {
            _world.Refuse(last);
        }

        Look(plan.LookAgainAt);
        if (input.Demand.Waiting == 0 && input.Instances.Where(i => i.IsOpen).Sum(i => i.InFlight - _revision.Spec.Scale.ConcurrencyTarget) <= 0)
        {
            _world.EndAttention();
        }
    }

    private RegulatorInput Input() => new()
    {
        Now = _world.Now,
        Mode = RegulatorMode.Serve,
        Current = _revision,
        State = new RevisionView(true, false, false, _status),
        Host = _world.Setup.Host,
        Demand = _world.Gate.Oldest is { } oldest ? new Demand(_world.Gate.Count, oldest.EnteredAt, oldest.Trigger) : Demand.None,
        Instances = [.. _world.Instances.Select(i => i.View(_revision.Id))],
        Load = Measure(),
        Prepared = [_revision.Id],
        Results = [.. _results],
        Memory = _memory,
        Jitter = _random.NextDouble(),
    };

    private ServiceLoad Measure()
    {
        _meter.Concurrency(_world.Now, _world.TakePeak());
        return _meter.Load(_world.Now, _revision.Spec);
    }

    private void Record(Decision decision)
    {
        _world.Meter.Count(decision.Action);
        _world.Digest.Add(decision.At.UtcTicks);
        _world.Digest.Add(decision.Action);
        _world.Digest.Add(decision.Instance?.Value);
        decided(decision);
    }

    private void Look(DateTimeOffset? at)
    {
        if (_look == at || (_look = at) is not { } time)
        {
            return;
        }

        var wait = time - _world.Now;
        _world.After(wait > LookMin ? wait : LookMin, () =>
        {
            if (_look == at)
            {
                _look = null;
                Step();
            }
        });
    }

    private void Execute(RegulatorCommand command)
    {
        var costs = _world.Setup.Costs;
        switch (command)
        {
            case RegulatorCommand.Start start:
                var cost = _world.StartCost(start.Way switch { StartWay.Spare => costs.Spare, StartWay.Clone => costs.Template, _ => costs.Cold });
                Wake(start, _world.Add(start.Id), OperationKind.Starting, cost);
                TakeSpare(start);
                break;
            case RegulatorCommand.Wake wake:
                var way = _world.StartCost(wake.From switch { Tier.Frozen => costs.Thaw, Tier.PagedOut => costs.PageIn, _ => costs.Restore });
                Wake(wake, _world.Find(wake.Id)!, OperationKind.Waking, way);
                break;
            case RegulatorCommand.Sleep sleep:
                Sleep(sleep, _world.Find(sleep.Id)!, sleep.To switch { Tier.Frozen => costs.Freeze, Tier.PagedOut => costs.PageOut, _ => costs.Dump });
                break;
            case RegulatorCommand.Drain drain:
                Drain(_world.Find(drain.Id)!);
                break;
            case RegulatorCommand.Resize:
                // Every simulated instance has the processors to itself.
                break;
            case RegulatorCommand.Stop stop:
                Stop(stop, _world.Find(stop.Id)!);
                break;
            default:
                throw new InvalidOperationException($"{command} is not known to the replay");
        }
    }

    private void Wake(RegulatorCommand command, ReplayInstance instance, OperationKind kind, TimeSpan cost)
    {
        _world.Meter.Wakes++;
        Begin(instance, new Operation(kind, _world.Now, Tier.Running));
        _world.After(cost, () =>
        {
            if (instance.Operation?.Kind == kind)
            {
                _meter.Started(WayOf(command), cost);
                if (instance is { Tier: Tier.Image, LastReturn: { } last })
                {
                    // In a new cell with a new seat: the pause is counted here, as live.
                    _meter.Pauses.Add(_world.Now - cost - last);
                    instance.LastReturn = null;
                }

                (instance.Tier, instance.ReadyAt, instance.IdleSince) = (Tier.Running, _world.Now, _world.Now);
                _world.Open(instance);
                End(command, instance);
            }
        });
    }

    private static WakeWay WayOf(RegulatorCommand command) => command switch
    {
        RegulatorCommand.Wake { From: Tier.Frozen or Tier.PagedOut } => WakeWay.Frozen,
        RegulatorCommand.Start { Way: StartWay.Cold } => WakeWay.Cold,
        _ => WakeWay.Restored,
    };

    private void Sleep(RegulatorCommand.Sleep command, ReplayInstance instance, TimeSpan cost)
    {
        _world.Close(instance);
        Begin(instance, new Operation(OperationKind.Sleeping, _world.Now, command.To));
        _world.After(cost, () =>
        {
            if (instance.Operation?.Kind == OperationKind.Sleeping)
            {
                instance.Tier = command.To;
                End(command, instance);
            }
        });
    }

    private void Stop(RegulatorCommand.Stop command, ReplayInstance instance)
    {
        _world.Close(instance);
        instance.DrainingSince ??= _world.Now;
        Begin(instance, new Operation(OperationKind.Stopping, _world.Now, Tier.Stopped));
        _world.After(_world.Setup.Costs.Stop, () =>
        {
            _world.Remove(instance);
            End(command, instance);
        });
    }

    private void Drain(ReplayInstance instance)
    {
        _world.Close(instance);
        instance.DrainingSince = _world.Now;
        if (instance.InFlight == 0)
        {
            _world.After(TimeSpan.Zero, Step);
        }
    }

    private void Begin(ReplayInstance instance, Operation operation)
    {
        instance.Operation = operation;
        _world.Count(instance);
    }

    private void End(RegulatorCommand command, ReplayInstance instance)
    {
        instance.Operation = null;
        _world.Count(instance);
        _results.Add(new CommandResult(command, null));
        Step();
    }

    /// <summary>A spare that was taken is replaced after as long as a clone takes.</summary>
    private void TakeSpare(RegulatorCommand.Start start)
    {
        if (start.Way != StartWay.Spare)
        {
            return;
        }

        _status = _status with { Spares = _status.Spares - 1 };
        CountSpares();
        _world.After(_world.Setup.Costs.Template, () =>
        {
            _status = _status with { Spares = _status.Spares + 1 };
            CountSpares();
        });
    }

    private void CountSpares() => _world.AddExtra(_status.Spares * _world.Setup.Costs.RunningGb);
}
