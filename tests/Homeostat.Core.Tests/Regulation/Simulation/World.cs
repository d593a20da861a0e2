using Homeostat.Core.Activation;
using Homeostat.Core.Regulation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Testing;

namespace Homeostat.Core.Tests.Regulation.Simulation;

/// <summary>
/// One service, its gate and its driver, simulated from one event queue in the order of a seed: arrivals, results, crashes, operators, revisions. Plays the part
/// of the server's controller around the real regulator and the real gate.
/// </summary>
internal sealed partial class World
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly Random _random;
    private readonly PlantedBug _bug;
    private readonly WaitCostPolicy _policy = new();
    private readonly PriorityQueue<Action, (DateTimeOffset At, long Order)> _events = new();
    private readonly SortedDictionary<InstanceId, SimInstance> _instances = [];
    private readonly SortedSet<RevisionId> _prepared = new(Comparer<RevisionId>.Create((a, b) => a.Number.CompareTo(b.Number)));
    private readonly List<CommandResult> _results = [];
    private readonly List<SimRequest> _requests = [];
    private readonly ActivationGate _gate;
    private RegulatorMemory _memory = RegulatorMemory.Initial(1);
    private RegulatorMode _mode;
    private Revision _revision;
    private RevisionStatus _status;
    private Wish? _wish;
    private bool _preparing;
    private bool _making;
    private long _order;
    private long _operations;
    private long _lastGranted;
    private readonly Queue<DateTimeOffset> _coldFailures = new();
    private DateTimeOffset? _look;
    private DateTimeOffset _stepAt;
    private int _stepsNow;

    public World(int seed, PlantedBug bug = PlantedBug.None)
    {
        (_random, _bug) = (new Random(seed), bug);
        Faults = new Faults(_random);
        var max = _random.Next(1, 6);
        var spec = Specs.Service() with
        {
            Scale = new ScaleSpec(_random.Next(4) == 0 ? _random.Next(0, max + 1) : 0, max, _random.Next(1, 9), _random.Next(1, 17)),
            Idle = new IdleSpec(TimeSpan.FromSeconds(_random.Next(0, 6)), TimeSpan.FromSeconds(_random.Next(5, 40)), TimeSpan.FromSeconds(_random.Next(40, 200))),
            Checkpoint = new CheckpointSpec() with { Mode = _random.Next(4) == 0 ? CheckpointMode.Off : CheckpointMode.Auto, Spares = _random.Next(0, 2) },
        };
        _revision = Specs.Revision(spec);
        _gate = new ActivationGate(new GateLimits(40, 10_000, TimeSpan.FromSeconds(30)));
        _status = Fresh();
        Host = new HostAbilities(_random.Next(5) > 0, _random.Next(3) > 0, _random.Next(5) > 0);
    }

    public Faults Faults { get; }

    public HostAbilities Host { get; }

    public DateTimeOffset Now { get; private set; } = Start;

    public int Steps { get; private set; }

    public IReadOnlyList<SimRequest> Requests => _requests;

    public IReadOnlyCollection<SimInstance> Instances => _instances.Values;

    public Revision Revision => _revision;

    public bool WishPending => _wish is not null;

    public string Describe() => $"max {_revision.Spec.Scale.Max}, min {_revision.Spec.Scale.Min}, {Host}, checkpoint {_revision.Spec.Checkpoint.Mode}, {Faults}";

    /// <summary>Load, faults and operators for a while; then calm until everything has settled.</summary>
    public void Run(TimeSpan stormy, TimeSpan calm)
    {
        After(TimeSpan.Zero, Step);
        After(TimeSpan.FromSeconds(30), List);
        ScheduleArrival(Start + stormy);
        ScheduleOperator(Start + stormy);
        Play(Start + stormy);
        Faults.Over = true;
        Play(Start + stormy + calm);
    }

    /// <summary>One request, and time for its answer.</summary>
    public SimRequest Probe(TimeSpan within)
    {
        Arrive();
        var probe = _requests[^1];
        Play(Now + within);
        return probe;
    }

    /// <summary>Removes the service, or stops the platform, and lets everything end.</summary>
    public void End(RegulatorMode mode, TimeSpan within)
    {
        _mode = mode;
        Step();
        Play(Now + within);
    }

    /// <summary>What one more look would do: nothing, if the world has settled.</summary>
    public RegulatorPlan LookOnce() => ServiceRegulator.Step(Input(), _policy);

    private void Play(DateTimeOffset until)
    {
        while (_events.TryPeek(out var happen, out var when) && when.At <= until)
        {
            _events.Dequeue();
            Now = when.At > Now ? when.At : Now;
            happen();
            CheckSafety();
        }

        Now = until;
    }

    private void ScheduleArrival(DateTimeOffset until)
    {
        // Bursts and pauses: idle times must come true now and then.
        var pause = _random.Next(20) == 0 ? _random.NextDouble() * 300 : Math.Pow(_random.NextDouble(), 4) * 5;
        After(TimeSpan.FromSeconds(pause), () =>
        {
            if (Now < until)
            {
                for (var burst = _random.Next(8) == 0 ? _random.Next(1, 60) : 1; burst > 0; burst--)
                {
                    Arrive();
                }

                ScheduleArrival(until);
            }
        });
    }

    private void ScheduleOperator(DateTimeOffset until) => After(TimeSpan.FromSeconds(_random.NextDouble() * 200), () =>
    {
        if (Now >= until)
        {
            return;
        }

        switch (_random.Next(5))
        {
            case 0:
                _revision = _revision with { Id = _revision.Id with { Number = _revision.Id.Number + 1 } };
                _status = Fresh();
                _coldFailures.Clear();
                break;
            case 1:
                _wish = new Wish(++_operations, WishKind.Wake);
                break;
            case 2:
                _wish = new Wish(++_operations, WishKind.Checkpoint);
                break;
            default:
                _wish = new Wish(++_operations, WishKind.Sleep, (Tier)_random.Next((int)Tier.Frozen, (int)Tier.Stopped + 1), Now);
                break;
        }

        if (_wish is not null)
        {
            // Somebody asks to try at once: pauses end.
            _coldFailures.Clear();
        }

        Step();
        ScheduleOperator(until);
    });

    private void Arrive()
    {
        var request = new SimRequest(_requests.Count, Now);
        _requests.Add(request);
        if (_gate.Count == 0 && Free() is { } instance)
        {
            Serve(request, instance);
            return;
        }

        if (_gate.Enter(Now, _random.Next(0, 500), $"GET /{request.Number}", out var ticket) != GateEntry.Waiting)
        {
            Answer(request, "full");
            return;
        }

        ticket!.Waiter = request;
        After(_gate.Limits.HoldTime + TimeSpan.FromMilliseconds(1), Expire);
        if (Faults.Hit("abort"))
        {
            After(TimeSpan.FromSeconds(_random.NextDouble()), () =>
            {
                if (_gate.Leave(ticket))
                {
                    Answer(request, "left");
                }
            });
        }

        if (_gate.Count == 1 && _bug != PlantedBug.NobodyTold)
        {
            Step();
        }
    }

    private void Expire()
    {
        foreach (var ticket in _gate.Expire(Now))
        {
            Answer((SimRequest)ticket.Waiter!, "timed out");
        }
    }

    private SimInstance? Free() => _instances.Values.Where(i => i.IsOpen && i.Serving.Count < _revision.Spec.Scale.ConcurrencyLimit)
        .OrderByDescending(i => i.Revision.Number).ThenBy(i => i.Id).FirstOrDefault();

    private void Serve(SimRequest request, SimInstance instance)
    {
        instance.Serving.Add(request);
        var seconds = _random.Next(50) == 0 ? _random.NextDouble() * 120 : Math.Pow(_random.NextDouble(), 3);
        After(TimeSpan.FromSeconds(seconds), () =>
        {
            if (!instance.Serving.Remove(request))
            {
                return;
            }

            instance.IdleSince = Now;
            Answer(request, "served");
            ServeGate();
            if (instance is { DrainingSince: not null, Serving.Count: 0 })
            {
                Step();
            }
        });
        if (Faults.Hit("crash"))
        {
            After(TimeSpan.FromSeconds(seconds * _random.NextDouble()), () => Crash(instance));
        }
    }

    private void ServeGate()
    {
        while (_gate.Count > 0 && Free() is { } instance)
        {
            var ticket = _gate.TryGrant()!;
            Require(ticket.Number > _lastGranted, "served out of order");
            _lastGranted = ticket.Number;
            Serve((SimRequest)ticket.Waiter!, instance);
        }
    }

    private void Crash(SimInstance instance)
    {
        if (instance.Ended is not null || instance.Tier is not (Tier.Running or Tier.Frozen or Tier.PagedOut))
        {
            return;
        }

        instance.Ended = new ExitInfo(null, 9, false);
        foreach (var request in instance.Serving)
        {
            Answer(request, "crashed");
        }

        instance.Serving.Clear();
        if (!Faults.Hit("hint-lost"))
        {
            After(TimeSpan.FromMilliseconds(_random.Next(0, 50)), () => See(instance));
        }
    }

    private void See(SimInstance instance)
    {
        if (instance.Operation is null && instance.Ended is not null && instance.SeenExit is null)
        {
            instance.SeenExit = instance.Ended;
            Step();
        }
    }

    /// <summary>What the driver's list shows, now and then: hints may be lost.</summary>
    private void List()
    {
        foreach (var instance in _instances.Values.ToList())
        {
            See(instance);
        }

        After(TimeSpan.FromSeconds(30), List);
    }

    private static void Answer(SimRequest request, string outcome)
    {
        Require(request.Outcome is null, $"request {request.Number} was answered twice: {request.Outcome}, {outcome}");
        request.Outcome = outcome;
    }

    private RevisionStatus Fresh() => new(_revision.Id, TemplateState.None, 0, false, null, null, [], 0, 0, 0);

    private void After(TimeSpan delay, Action happen) => _events.Enqueue(happen, (Now + delay, ++_order));

    internal static void Require(bool holds, string law)
    {
        if (!holds)
        {
            throw new LawBroken(law);
        }
    }
}

internal enum PlantedBug
{
    None,

    /// <summary>Work in flight is not shown to the regulator, and the seat does not protect it.</summary>
    HiddenWork,

    /// <summary>The first waiter tells nobody.</summary>
    NobodyTold,

    /// <summary>Failed commands are reported as done.</summary>
    FailuresHidden,
}

internal sealed class LawBroken(string law) : Exception(law);
