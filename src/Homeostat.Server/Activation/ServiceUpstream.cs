using System.Diagnostics.CodeAnalysis;
using Homeostat.Core.Activation;
using Homeostat.Core.Explanation;
using Homeostat.Core.Regulation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Server.Forwarding.Contract;
using Homeostat.Server.Monitoring;

namespace Homeostat.Server.Activation;

/// <summary>
/// A service as the gateway uses it: slots of its open instances without a lock, and behind them the gate under a small one.
/// </summary>
/// <remarks>
/// <para>Who writes what: the open instances are a snapshot, published by the service's controller; the gate belongs to this class and its lock; seats are
/// their own (<see cref="Seat"/>).</para>
/// <para>No wake-up is lost. A waiter W enters: (W1) the waiting count rises, with a full fence; (W2) free slots are looked for. A returner R: (R1) the slot
/// is freed, with a full fence; (R2) the waiting count is read. If W2 does not see the slot of R1, W1 came before R2, so R serves the gate. The same holds for an
/// instance that is published (R1) before the gate is served (R2).</para>
/// <para>Nobody overtakes: <see cref="TryTake"/> gives nothing while anybody waits, and slots are handed to waiters in order, under the lock.</para>
/// </remarks>
/// <param name="signal">Tells the controller to look; cheap, any thread, may run its turn on the caller's.</param>
/// <param name="suspect">Tells the controller that an instance could not be reached, or broke.</param>
internal sealed class ServiceUpstream(
    ServiceName service, GateLimits limits, SteadyClock clock, GateCounters counters, Action signal, Action<UpstreamInstance, SlotOutcome> suspect) : IUpstream
{
    private readonly Lock _lock = new();
    private readonly ActivationGate _gate = new(limits);
    private readonly StartHistory _history = new();
    private OpenInstances _open = OpenInstances.None;
    private int _waiting;
    private int _attention;
    private long _entered;
    private long _refused;
    private WaitRecord? _lastWait;

    public ServiceName Service => service;

    public StartHistory History => _history;

    public WaitRecord? LastWait => Volatile.Read(ref _lastWait);

    public PauseCounts Pauses { get; } = new();

    public ServiceTime ServiceTime { get; } = new();

    public ArrivalRing Arrivals { get; } = new(clock);

    public bool TryTake([NotNullWhen(true)] out UpstreamInstance? instance)
    {
        instance = null;
        if (Volatile.Read(ref _waiting) != 0 || !TryTakeFree(out instance))
        {
            return false;
        }

        Arrivals.Count();
        if (SeatOf(instance) is var seat && seat.InFlight > seat.Target)
        {
            AskForAttention();
        }

        return true;
    }

    public ValueTask<Admission> EnterAsync(long heldBytes, string trigger, CancellationToken aborted)
    {
        if (aborted.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<Admission>(aborted);
        }

        counters.Enter();
        Arrivals.Count();
        GateEntry entry;
        GateTicket? ticket;
        bool first;
        lock (_lock)
        {
            _entered++;
            entry = _gate.Enter(clock.Now, heldBytes, trigger, out ticket);
            if (ticket is not null)
            {
                ticket.Waiter = new TaskCompletionSource<Admission>(TaskCreationOptions.RunContinuationsAsynchronously);
                PublishWaiting_NeedsLock();
                Serve_NeedsLock();
            }

            first = _gate.Count == 1;
        }

        return ticket is null ? new ValueTask<Admission>(Full(entry, trigger)) : WaitAsync(ticket, first, aborted);
    }

    public void Return(UpstreamInstance instance, SlotOutcome outcome, TimeSpan? held = null)
    {
        var seat = SeatOf(instance);
        if (held is { } time)
        {
            seat.Served(time);
            ServiceTime.Add(time);
        }

        if (outcome == SlotOutcome.ConnectFailed)
        {
            // Closed first, so that whoever asks next is not given the same one; the controller opens it again if it is well.
            seat.Close();
        }

        var drained = seat.Return(connected: outcome != SlotOutcome.ConnectFailed);
        if (outcome is SlotOutcome.ConnectFailed or SlotOutcome.InstanceFailed)
        {
            suspect(instance, outcome);
        }

        if (drained)
        {
            signal();
        }
        else if (Volatile.Read(ref _waiting) != 0)
        {
            Serve();
        }
    }

    /// <summary>Publishes the instances that take work, and serves the gate from them.</summary>
    /// <param name="needed">So many at the front are needed for the load; the others are reserves.</param>
    public void Publish(UpstreamInstance[] open, int needed)
    {
        Interlocked.Exchange(ref _open, new OpenInstances(open, needed));
        Serve();
    }

    /// <summary>The most requests in flight at one time since the last call, summed over the open instances; and of the gate now.</summary>
    public int TakePeak()
    {
        var peak = 0;
        foreach (var instance in Volatile.Read(ref _open).Instances)
        {
            peak += SeatOf(instance).TakePeak();
        }

        return peak + Volatile.Read(ref _waiting);
    }

    /// <summary>
    /// The controller has looked and the load is within the targets: the next request beyond them tells it again. While it is not, the controller looks by itself,
    /// and requests tell nobody.
    /// </summary>
    public void EndAttention()
    {
        Interlocked.Exchange(ref _attention, 0);
        // One that came between the look and now has told nobody.
        if (Volatile.Read(ref _waiting) == 0 && IsOverTarget())
        {
            AskForAttention();
        }
    }

    public void SetLimits(GateLimits changed)
    {
        lock (_lock)
        {
            _gate.Limits = changed;
        }
    }

    /// <summary>Who waits now, and the number of the last one.</summary>
    public (Demand Demand, long Last, DateTimeOffset? NextExpiry) Observe()
    {
        lock (_lock)
        {
            return _gate.Oldest is { } oldest
                ? (new Demand(_gate.Count, oldest.EnteredAt, oldest.Trigger), _gate.Entered, _gate.NextExpiry)
                : (Demand.None, _gate.Entered, null);
        }
    }

    public GateSnapshot Snapshot()
    {
        lock (_lock)
        {
            return new GateSnapshot(_gate.Count, _gate.HeldBytes, _entered, _refused);
        }
    }

    /// <summary>Answers those whose hold time is over.</summary>
    public void Expire()
    {
        if (Volatile.Read(ref _waiting) == 0)
        {
            return;
        }

        lock (_lock)
        {
            foreach (var ticket in _gate.Expire(clock.Now))
            {
                counters.TimeOut();
                var held = ticket.ExpiresAt - ticket.EnteredAt;
                Answer_NeedsLock(ticket, AdmissionKind.TimedOut, _history.Expected(), $"no instance of {service} became free within {held.TotalSeconds:0} s");
            }

            PublishWaiting_NeedsLock();
        }
    }

    /// <summary>Answers everybody up to a number: nothing will come.</summary>
    public void Refuse(GateVerdict verdict, long upTo)
    {
        var retry = verdict.RetryAfter ?? _history.Expected();
        var detail = verdict.Why.Remedy is { } remedy ? $"{verdict.Why.MessageForClients}; {remedy}" : verdict.Why.MessageForClients;
        lock (_lock)
        {
            foreach (var ticket in _gate.RefuseAll(upTo))
            {
                counters.Refuse(verdict.StartFailed);
                Answer_NeedsLock(ticket, verdict.StartFailed ? AdmissionKind.StartFailed : AdmissionKind.Unavailable, retry, detail);
            }

            PublishWaiting_NeedsLock();
        }

        if (Volatile.Read(ref _waiting) != 0)
        {
            // They came after what the verdict is about, and were not the first to wait.
            signal();
        }
    }

    public static Seat SeatOf(UpstreamInstance instance) => (Seat)instance.Seat!;

    private async ValueTask<Admission> WaitAsync(GateTicket ticket, bool first, CancellationToken aborted)
    {
        var waiter = WaiterOf(ticket);
        if (waiter.Task.IsCompleted)
        {
            return await waiter.Task;
        }

        await using var registration = aborted.UnsafeRegister(
            static (state, token) =>
            {
                var (upstream, ticket) = ((ServiceUpstream, GateTicket))state!;
                upstream.Leave(ticket, token);
            },
            (this, ticket));
        // The first one wakes the controller; while anybody waits the controller looks again by itself.
        if (first)
        {
            signal();
        }

        return await waiter.Task;
    }

    /// <summary>A granted ticket keeps its slot: whoever entered sees the client gone and gives it back.</summary>
    private void Leave(GateTicket ticket, CancellationToken aborted)
    {
        lock (_lock)
        {
            if (!_gate.Leave(ticket))
            {
                return;
            }

            PublishWaiting_NeedsLock();
        }

        counters.Leave();
        WaiterOf(ticket).TrySetCanceled(aborted);
    }

    private bool TryTakeFree([NotNullWhen(true)] out UpstreamInstance? instance)
    {
        var open = Volatile.Read(ref _open);
        return SlotChoice.TryTake<UpstreamInstance, SeatAccess>(open.Instances, open.Needed, out instance);
    }

    /// <summary>Saturation shows in this very request: the controller looks now, on this thread, once.</summary>
    private void AskForAttention()
    {
        if (Volatile.Read(ref _attention) == 0 && IsOverTarget() && Interlocked.Exchange(ref _attention, 1) == 0)
        {
            signal();
        }
    }

    private bool IsOverTarget()
    {
        var (inFlight, target) = (0, 0);
        foreach (var instance in Volatile.Read(ref _open).Instances)
        {
            inFlight += SeatOf(instance).InFlight;
            target += SeatOf(instance).Target;
        }

        return inFlight > target;
    }

    private void Serve()
    {
        lock (_lock)
        {
            Serve_NeedsLock();
        }
    }

    private void Serve_NeedsLock()
    {
        while (_gate.Count > 0 && TryTakeFree(out var instance))
        {
            var ticket = _gate.TryGrant()!;
            var (seat, now) = (SeatOf(instance), clock.Now);
            var waited = now - ticket.EnteredAt;
            // It waited for the wake if the instance became ready while it waited; else for a slot only.
            var woken = seat.Way != WakeWay.Running && seat.ReadyAt >= ticket.EnteredAt;
            var wake = !woken ? TimeSpan.Zero : seat.Took < waited ? seat.Took : waited;
            var way = woken ? seat.Way : WakeWay.Running;
            _lastWait = new WaitRecord(now, ticket.Trigger, WaitRecord.Served, waited, wake, way, instance.Id);
            WaiterOf(ticket).SetResult(new Admission(AdmissionKind.Proceed, instance, way, waited, wake, TimeSpan.Zero, null));
        }

        PublishWaiting_NeedsLock();
    }

    private void Answer_NeedsLock(GateTicket ticket, AdmissionKind kind, TimeSpan retryAfter, string detail)
    {
        var now = clock.Now;
        var waited = now - ticket.EnteredAt;
        _refused++;
        _lastWait = new WaitRecord(now, ticket.Trigger, detail, waited, TimeSpan.Zero, WakeWay.Running, null);
        WaiterOf(ticket).SetResult(new Admission(kind, null, WakeWay.Running, waited, TimeSpan.Zero, retryAfter, detail));
    }

    private Admission Full(GateEntry entry, string trigger)
    {
        var bounds = _gate.Limits;
        var detail = entry == GateEntry.FullByCount
            ? $"{bounds.WaitersMax} requests wait for {service} already"
            : $"{bounds.HeldBytesMax >> 20} MiB of requests wait for {service} already";
        if (entry == GateEntry.FullByCount)
        {
            counters.FullByCount();
        }
        else
        {
            counters.FullByBytes();
        }

        Interlocked.Increment(ref _refused);
        Volatile.Write(ref _lastWait, new WaitRecord(clock.Now, trigger, detail, TimeSpan.Zero, TimeSpan.Zero, WakeWay.Running, null));
        return new Admission(AdmissionKind.Full, null, WakeWay.Running, TimeSpan.Zero, TimeSpan.Zero, _history.Expected(), detail);
    }

    private void PublishWaiting_NeedsLock() => Interlocked.Exchange(ref _waiting, _gate.Count);

    private static TaskCompletionSource<Admission> WaiterOf(GateTicket ticket) => (TaskCompletionSource<Admission>)ticket.Waiter!;

    private sealed record OpenInstances(UpstreamInstance[] Instances, int Needed)
    {
        public static OpenInstances None { get; } = new([], 0);
    }
}
