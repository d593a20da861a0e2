using System.Runtime.InteropServices;
using Homeostat.Core.Activation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Core.Replay;

/// <summary>
/// One service in virtual time: its requests, its gate, the slots of its instances. Gate and choice of a slot are those of the gateway; which instances there are is
/// the policy's part. A discrete-event simulation: time jumps from one event to the next; equal moments go by the order in which they were planned.
/// </summary>
/// <remarks>
/// <code>
///   request -> nobody waits and a slot is free -> served -> departure -> slot free -> the gate is served
///                   | else
///                   '-> gate -> the first one tells the policy -> ... -> an instance opens -> the gate is served
/// </code>
/// A request that finds a slot costs two operations on a heap and nothing else, as live: the policy is not asked. Not safe for concurrent use.
/// </remarks>
internal sealed class ReplayWorld
{
    private static readonly object Nothing = new();

    private readonly PriorityQueue<object, ReplayMoment> _events = new();
    private readonly SortedDictionary<InstanceId, ReplayInstance> _instances = [];
    private readonly IArrivals _arrivals;
    private readonly IReplayPolicy _policy;
    private ReplayInstance[] _open = [];
    private long _order;
    private long _countedUntil;
    private long _extraSince;
    private double _extraGb;
    private int _needed;
    private int _peak;
    private bool _attention;
    private double _busyAtDeparture;

    /// <param name="origin">The time of day at which the trace begins.</param>
    public ReplayWorld(ReplaySetup setup, IArrivals arrivals, IReplayPolicy policy, DateTimeOffset origin)
    {
        (Setup, _arrivals, _policy, Origin) = (setup, arrivals, policy, origin);
        Gate = new ActivationGate(GateLimits.For(setup.Spec));
    }

    public ReplaySetup Setup { get; }

    public DateTimeOffset Origin { get; }

    public ReplayMeter Meter { get; } = new();

    public ReplayDigest Digest { get; } = new();

    public ActivationGate Gate { get; }

    /// <summary>Ticks since the beginning.</summary>
    public long Ticks { get; private set; }

    public DateTimeOffset Now => Origin.AddTicks(Ticks);

    /// <summary>Ordered by id.</summary>
    public IReadOnlyCollection<ReplayInstance> Instances => _instances.Values;

    /// <summary>Requests being served.</summary>
    public int InFlight { get; private set; }

    /// <summary>Requests being served or waiting, times ticks, since the beginning: what autoscalers average.</summary>
    public double ConcurrencyTicks { get; private set; }

    /// <summary>What is measured as live: pauses and service times go here; null: nobody measures.</summary>
    public LoadMeter? Load { get; set; }

    /// <summary>Plays until the last request has its answer and the trace has ended.</summary>
    public void Run()
    {
        _policy.Begin(this);
        var more = _arrivals.TryNext(out var arrival);
        while (more || InFlight > 0 || Gate.Count > 0 || Ticks < _arrivals.Length)
        {
            var planned = _events.TryPeek(out _, out var moment);
            if (more && (!planned || arrival.At <= moment.At))
            {
                MoveTo(arrival.At);
                Arrive(arrival.Work);
                more = _arrivals.TryNext(out arrival);
                continue;
            }

            if (!more && InFlight == 0 && Gate.Count == 0 && (!planned || moment.At > _arrivals.Length))
            {
                MoveTo(Math.Max(Ticks, _arrivals.Length));
                break;
            }

            MoveTo(moment.At);
            Happen(_events.Dequeue());
        }

        foreach (var instance in _instances.Values)
        {
            Count(instance);
        }

        AddExtra(0);
    }

    public void After(TimeSpan delay, Action happen) => Plan(Ticks + Math.Max(0, delay.Ticks), happen);

    /// <summary>How long a start takes now: those under way share the processors with it.</summary>
    public TimeSpan StartCost(TimeSpan alone)
    {
        var starting = 1 + _instances.Values.Count(i => i.Tier == Tier.Starting || i.Operation?.Kind == Regulation.OperationKind.Waking);
        return alone * Math.Max(1, starting / (double)Setup.Cores);
    }

    public ReplayInstance? Find(InstanceId id) => _instances.GetValueOrDefault(id);

    public ReplayInstance Add(InstanceId id)
    {
        var instance = new ReplayInstance(id, Setup.Spec.Scale) { IdleSince = Now, CountedSince = Ticks };
        _instances.Add(id, instance);
        Meter.InstancesMost = Math.Max(Meter.InstancesMost, _instances.Values.Count(i => i.IsAwake));
        Count(instance);
        return instance;
    }

    public void Remove(ReplayInstance instance)
    {
        Count(instance);
        Close(instance);
        _instances.Remove(instance.Id);
    }

    /// <summary>It takes requests from now on. Who waits is served at the next <see cref="ServeGate"/>.</summary>
    public void Open(ReplayInstance instance)
    {
        instance.IsClosed = false;
        Reopen();
    }

    /// <summary>Those that are more than the load needs come last.</summary>
    public void Reserve(IReadOnlyList<InstanceId> reserve)
    {
        var changed = false;
        foreach (var instance in _open)
        {
            var its = reserve.Contains(instance.Id);
            changed |= its != instance.IsReserve;
            instance.IsReserve = its;
        }

        if (changed)
        {
            Reopen();
        }
    }

    /// <summary>The most requests in flight and waiting at one time since the last call.</summary>
    public int TakePeak()
    {
        var now = InFlight + Gate.Count;
        var peak = Math.Max(_peak, now);
        _peak = now;
        return peak;
    }

    /// <summary>The next request beyond the targets is told to the policy again.</summary>
    public void EndAttention() => _attention = false;

    public void Close(ReplayInstance instance)
    {
        if (!instance.IsClosed)
        {
            instance.IsClosed = true;
            Reopen();
        }
    }

    /// <summary>To be called after each change of its state: what it was until now is counted.</summary>
    public void Count(ReplayInstance instance)
    {
        var since = Ticks - instance.CountedSince;
        Meter.AwakeTicks += instance.CountedAwake ? since : 0;
        Meter.GbTicks += instance.CountedGb * since;
        instance.CountedSince = Ticks;
        instance.CountedAwake = instance.IsAwake;
        instance.CountedGb = instance switch
        {
            { IsAwake: true } or { Tier: Tier.Frozen } => Setup.Costs.RunningGb,
            { Tier: Tier.PagedOut } => Setup.Costs.PagedOutGb,
            _ => Setup.Costs.ImageGb,
        };
    }

    /// <summary>Memory that is held beside the instances (parked spares) from now on, in GB.</summary>
    public void AddExtra(double gb)
    {
        Meter.GbTicks += _extraGb * (Ticks - _extraSince);
        (_extraGb, _extraSince) = (gb, Ticks);
    }

    public void ServeGate()
    {
        while (Gate.Count > 0 && SlotChoice.TryTake<ReplayInstance, ReplaySlots>(_open, _needed, out var instance))
        {
            var ticket = Gate.TryGrant()!;
            Serve(instance, (long)ticket.Waiter!, (Now - ticket.EnteredAt).Ticks);
        }
    }

    /// <summary>Everybody up to a ticket is told that nothing comes.</summary>
    public void Refuse(long upTo) => Meter.Refused += Gate.RefuseAll(upTo).Count;

    private void Reopen()
    {
        _open = [.. _instances.Values.Where(i => !i.IsClosed).OrderBy(i => i.IsReserve)];
        _needed = _open.Count(i => !i.IsReserve);
    }

    private void MoveTo(long at)
    {
        var passed = at - _countedUntil;
        if (passed > 0)
        {
            Meter.BusyTicks += (double)InFlight * passed;
            ConcurrencyTicks += (double)(InFlight + Gate.Count) * passed;
            _countedUntil = at;
        }

        Ticks = at;
    }

    private void Arrive(long work)
    {
        Meter.Requests++;
        if (Gate.Count == 0 && SlotChoice.TryTake<ReplayInstance, ReplaySlots>(_open, _needed, out var instance))
        {
            Serve(instance, work, 0);
            if (!_attention && InFlight > _open.Length * Setup.Spec.Scale.ConcurrencyTarget)
            {
                _attention = true;
                _policy.OverTarget();
            }

            return;
        }

        if (Gate.Enter(Now, 0, "request", out var ticket) != GateEntry.Waiting)
        {
            Meter.Refused++;
            return;
        }

        ticket!.Waiter = work;
        _peak = Math.Max(_peak, InFlight + Gate.Count);
        if (Gate.Count == 1)
        {
            Plan((ticket.ExpiresAt - Origin).Ticks, Nothing);
            _policy.FirstWaits();
        }
    }

    private void Serve(ReplayInstance instance, long work, long waited)
    {
        Meter.Waits.Add(waited);
        Digest.Add(waited);
        InFlight++;
        _peak = Math.Max(_peak, InFlight + Gate.Count);
        if (instance is { InFlight: 1, LastReturn: { } last })
        {
            Load?.Pauses.Add(Now - last);
        }

        Plan(Ticks + work, instance);
    }

    private void Happen(object what)
    {
        if (what is ReplayInstance instance)
        {
            Depart(instance);
        }
        else if (what is Action happen)
        {
            happen();
        }
        else
        {
            Expire();
        }
    }

    private void Depart(ReplayInstance instance)
    {
        Meter.Served++;
        InFlight--;
        instance.InFlight--;
        (instance.IdleSince, instance.LastReturn) = (Now, Now);
        // By Little's law the work done between two departures is in the mean what a request takes.
        Load?.ServiceTime.Add(TimeSpan.FromTicks((long)(Meter.BusyTicks - _busyAtDeparture)));
        _busyAtDeparture = Meter.BusyTicks;
        if (instance is { IsClosed: true, InFlight: 0 })
        {
            _policy.Drained(instance);
        }
        else if (Gate.Count > 0)
        {
            ServeGate();
        }
    }

    /// <summary>Looks at the head of the gate: there is one such event while anybody waits, more are harmless.</summary>
    private void Expire()
    {
        var expired = Gate.Expire(Now).Count;
        Meter.Refused += expired;
        if (Gate.NextExpiry is { } next)
        {
            Plan((next - Origin).Ticks, Nothing);
        }

        if (expired > 0)
        {
            _policy.Expired();
        }
    }

    private void Plan(long at, object what) => _events.Enqueue(what, new ReplayMoment(at, ++_order));
}

/// <summary>When something happens; equal times go by the order of planning.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ReplayMoment(long At, long Order) : IComparable<ReplayMoment>
{
    public int CompareTo(ReplayMoment other) => At != other.At ? At.CompareTo(other.At) : Order.CompareTo(other.Order);
}
