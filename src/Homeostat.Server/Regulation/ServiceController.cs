using System.Collections.Concurrent;
using Homeostat.Core.Activation;
using Homeostat.Core.Explanation;
using Homeostat.Core.Regulation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Regulation.Tiers;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Server.Activation;
using Homeostat.Server.Events;
using Microsoft.Extensions.Logging;

namespace Homeostat.Server.Regulation;

/// <summary>
/// The loop around the regulator for one service: observe -> step -> check -> execute -> publish. It runs in turns, one at a time, whenever it is signalled
/// or its look-again time comes; all its fields are written in turns only.
/// </summary>
/// <remarks>
/// <code>
///   first waiter, drained seat, command ended, list of the driver, operator, timer
///        |  Post / Signal
///        v
///   Turn: messages -> input -> Step -> PlanCheck -> execute (off the loop) -> Publish -> events -> verdict, wish -> arm timer
/// </code>
/// A turn runs on the thread that signalled if no turn is running, so that a request reaches the driver without waiting for a thread.
/// </remarks>
internal sealed partial class ServiceController : IDisposable
{
    private readonly ControllerContext _context;
    private readonly ILogger _log;
    private readonly ConcurrentQueue<ControllerMessage> _mail = new();
    private readonly SortedDictionary<InstanceId, InstanceState> _instances = [];
    private readonly SortedSet<RevisionId> _prepared = new(Comparer<RevisionId>.Create((a, b) => a.Number.CompareTo(b.Number)));
    private readonly List<CommandResult> _results = [];
    private readonly DecisionRing _decisions = new();
    private readonly LoadMeter _meter = new();
    private readonly Queue<PlatformEvent> _untold = [];
    private readonly ITimer _timer;
    private Revision _revision;
    private RegulatorMemory _memory;
    private RegulatorMode _mode;
    private TaskCompletionSource? _ended;
    private Wish? _wish;
    private TaskCompletionSource<Failure?>? _wishAnswer;
    private RevisionId? _preparing;
    private RevisionId? _makingTemplate;
    private long _wishes;
    private long _operations;
    private long _removedAt;
    private int _forgetting;
    private int _turns;
    private volatile bool _disposed;
    private Published _published;

    /// <param name="prepared">The driver has prepared the revision already.</param>
    public ServiceController(ControllerContext context, Revision revision, bool prepared, ILogger log)
    {
        (_context, _revision, _log) = (context, revision, log);
        // The number of milliseconds: later than any before, also across restarts, as long as fewer than a thousand instances start per second.
        _memory = RegulatorMemory.Initial(context.Clock.Now.ToUnixTimeMilliseconds());
        Upstream = new ServiceUpstream(
            revision.Id.Service, GateLimits.For(revision.Spec), context.Clock, context.Counters.Gate, Signal, (instance, outcome) => Post(new ControllerMessage.Suspected(instance, outcome)));
        if (prepared)
        {
            _prepared.Add(revision.Id);
        }

        Routes = revision.Spec.Routes;
        _published = new Published(revision, RegulatorMode.Serve, State(), [], _memory, null, []);
        _timer = context.Clock.Time.CreateTimer(static state => ((ServiceController)state!).Signal(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public ServiceUpstream Upstream { get; }

    /// <summary>Hosts and paths that belong to it; of the newest revision as soon as that is posted.</summary>
    public IReadOnlyList<RouteSpec> Routes { get; private set; }

    public void Post(ControllerMessage message)
    {
        if (message is ControllerMessage.Applied applied)
        {
            Routes = applied.Revision.Spec.Routes;
        }

        _mail.Enqueue(message);
        Signal();
    }

    /// <summary>Sees to it that a turn begins after this call; runs it here if none is running.</summary>
    public void Signal()
    {
        if (Interlocked.Increment(ref _turns) != 1)
        {
            // Whoever runs sees the count has grown, and goes round again.
            return;
        }

        int seen;
        do
        {
            seen = Volatile.Read(ref _turns);
            Turn();
        }
        while (Interlocked.Add(ref _turns, -seen) != 0);
    }

    /// <summary>The service now. Any thread.</summary>
    public ServiceSnapshot Snapshot()
    {
        var published = Volatile.Read(ref _published);
        return new ServiceSnapshot(
            _context.Clock.Now, published.Revision, published.Mode, published.State,
            [.. published.Instances.Select(i => i.Now())],
            Upstream.Snapshot(), published.Memory, published.LookAgainAt, published.Decisions, Upstream.LastWait)
        {
            Load = published.Load,
        };
    }

    /// <summary>Stops regulating; instances stay as they are.</summary>
    public void Dispose()
    {
        _disposed = true;
        _timer.Dispose();
        foreach (var instance in Volatile.Read(ref _published).Instances)
        {
            (instance.Upstream?.Connections as IDisposable)?.Dispose();
        }
    }

    private void Turn()
    {
        if (_disposed)
        {
            return;
        }

        var began = _context.Clock.Timestamp;
        try
        {
            while (_mail.TryDequeue(out var message))
            {
                Handle(message);
            }

            Upstream.Expire();
            StepOnce();
        }
        catch (Exception e)
        {
            // The edge of the loop: a defect or a broken environment must not end the regulation of the service. The truth is read again.
            LogTurnFailed(_log, _revision.Id.Service, e);
            _context.AskForList();
            _timer.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        }

        _context.Counters.Turn(_context.Clock.Time.GetElapsedTime(began));
    }

    private void StepOnce()
    {
        var (demand, last, expiry) = Upstream.Observe();
        var input = Input(demand);
        _results.Clear();
        var plan = ServiceRegulator.Step(input, _context.Policy);
        if (PlanCheck.Find(input, plan) is { Count: > 0 } wrong)
        {
            throw new InvalidOperationException($"a plan of {_revision.Id} is unsound: {string.Join("; ", wrong)}");
        }

        _memory = plan.Memory;
        foreach (var decision in plan.Decisions)
        {
            _decisions.Add(decision);
        }

        foreach (var command in plan.Commands)
        {
            Execute(command);
        }

        Tell(plan.Decisions);
        Publish(plan, input.Load);
        TellAll();
        if (plan.Verdict is { } verdict)
        {
            Upstream.Refuse(verdict, last);
        }

        if (plan.WishAnswer is { } answer && answer.Id == _wish?.Id)
        {
            _wish = null;
            _wishAnswer?.TrySetResult(answer.Why);
            // What the wish held back (or what it let happen) is looked at without it.
            Signal();
        }

        if (plan.Done && _forgetting == 0)
        {
            _ended?.TrySetResult();
        }

        Arm(plan.LookAgainAt, expiry);
        if (_context.Capacity.Ask(_revision.Spec, plan.Ask) is { Count: > 0 } others)
        {
            _context.Look(others);
        }

        foreach (var instance in _instances.Values)
        {
            instance.Seat?.Monitored?.Fit(instance.Observed.Limits, _revision.Spec.Resources);
        }

        if (demand.Waiting == 0 && input.Instances.Where(i => i.IsOpen).Sum(i => i.InFlight - _revision.Spec.Scale.ConcurrencyTarget) <= 0)
        {
            Upstream.EndAttention();
        }
    }

    private RegulatorInput Input(Demand demand) => Input(demand, Measure());

    private RegulatorInput Input(Demand demand, ServiceLoad load) => new()
    {
        Now = _context.Clock.Now,
        Mode = _mode,
        Current = _revision,
        State = State(),
        Host = new HostAbilities(_context.Driver.Capabilities.Freeze, _context.Driver.Capabilities.PageOut, _context.Driver.Capabilities.Checkpoint),
        Demand = demand,
        Instances = [.. _instances.Values.Where(i => i.Observed.Tier != Tier.Parked).Select(i => Look(i, demand.Waiting, load.Ladder is not null))],
        Load = load,
        Capacity = _context.Capacity.Grant(_revision.Spec),
        Prepared = [.. _prepared],
        Results = [.. _results],
        Wish = _wish,
        Memory = _memory,
        Jitter = Random.Shared.NextDouble(),
    };

    /// <param name="mayFreezeEarly">Its idle times were learned: it matters whether it rests.</param>
    private InstanceView Look(InstanceState instance, int waiting, bool mayFreezeEarly)
    {
        var view = instance.View();
        if (Strain.Of(view, _revision.Spec.Scale, waiting).Any)
        {
            instance.StrainedAt = _context.Clock.Now;
        }

        var atIdle = mayFreezeEarly && view is { IsOpen: true, InFlight: 0 }
            ? instance.IdleWatch.Look(_context.Clock.Now, view.IdleSince, _context.Driver.Sample(view.Id)?.Cpu)
            : IdleWork.Unknown;
        return view with { StrainedAt = instance.StrainedAt, AtIdle = atIdle };
    }

    private ServiceLoad Measure()
    {
        var now = _context.Clock.Now;
        Upstream.Pauses.MoveTo(_meter.Pauses);
        _meter.Concurrency(now, Upstream.TakePeak());
        return _meter.Load(now, _revision.Spec) with { ServiceTime = Upstream.ServiceTime.Mean };
    }

    private RevisionView State() => new(
        _prepared.Contains(_revision.Id), _preparing == _revision.Id, _makingTemplate == _revision.Id,
        _prepared.Contains(_revision.Id) ? _context.Driver.Describe(_revision.Id) : null);

    private void Tell(IReadOnlyList<Decision> decisions)
    {
        foreach (var decision in decisions)
        {
            _context.Counters.Decide(decision.Action);
            Tell("decision.made", decision.Instance, $"{decision.Action}: {decision.Reason} ({decision.Trigger})");
        }
    }

    /// <summary>
    /// Events of a turn are told when what they tell of is under way and can be seen: whoever looks at the service because of one finds it there, and may
    /// get no other event to look again.
    /// </summary>
    private void TellAll()
    {
        while (_untold.TryDequeue(out var happened))
        {
            _context.Events(happened);
        }
    }

    private void Publish(RegulatorPlan plan, ServiceLoad load)
    {
        var open = _instances.Values.Where(i => i.Upstream is not null && i.Observed.Tier == Tier.Running && i.Operation is null && i.DrainingSince is null)
            .OrderBy(i => plan.Reserve.Contains(i.Observed.Id)).ThenByDescending(i => i.Observed.Revision.Number).ThenBy(i => i.Observed.Id).Select(i => i.Upstream!).ToArray();
        Upstream.Publish(open, open.Length - plan.Reserve.Count);
        var known = _published.Decisions.Count == _decisions.Count && _decisions.Added == _published.DecisionsAdded;
        Volatile.Write(ref _published, new Published(
            _revision, _mode, State(), [.. _instances.Values.Select(i => new PublishedInstance(i.View(), i.Observed, i.Upstream))], _memory, plan.LookAgainAt, known ? _published.Decisions : _decisions.ToList())
        {
            DecisionsAdded = _decisions.Added,
            Load = load,
        });
    }

    private void Arm(DateTimeOffset? lookAgainAt, DateTimeOffset? expiry)
    {
        var next = lookAgainAt is null || expiry < lookAgainAt ? expiry ?? lookAgainAt : lookAgainAt;
        if (next is not { } at)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        // Timers count whole milliseconds and may be early by one: never sooner than 1 ms, so that a turn that is due now can't spin; never later than
        // an hour, which timers can hold.
        var wait = at - _context.Clock.Now + TimeSpan.FromMilliseconds(1);
        var (least, most) = (TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        _timer.Change(wait < least ? least : wait > most ? most : wait, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What others may read; immutable except for the seats' counts.</summary>
    private sealed record Published(
        Revision Revision,
        RegulatorMode Mode,
        RevisionView State,
        IReadOnlyList<PublishedInstance> Instances,
        RegulatorMemory Memory,
        DateTimeOffset? LookAgainAt,
        IReadOnlyList<Decision> Decisions)
    {
        public long DecisionsAdded { get; init; }

        public ServiceLoad Load { get; init; } = ServiceLoad.Unknown;
    }
}
