namespace Homeostat.Core.Activation;

/// <summary>
/// Where requests of one service wait for a slot: first come, first served, bounded by count, bytes and time. A pure state machine: time is an input, and
/// whoever owns it (one lock in the server, one event queue in the simulation) tells the waiters their outcome.
/// </summary>
/// <remarks>
/// <code>
///            Enter                 TryGrant
///   (none) --------> Waiting ------------------> Granted
///      |                |-------- Expire ------> TimedOut
///      | full           |-------- Leave -------> Left        the client went away
///      v                '------- RefuseAll ----> Refused     no start is possible
///    Full
/// </code>
/// A ticket leaves Waiting exactly once. All waiters have the same hold time, so the oldest expires first and expiry looks at the head only.
/// Not safe for concurrent use.
/// </remarks>
public sealed class ActivationGate(GateLimits limits)
{
    private readonly LinkedList<GateTicket> _waiting = new();
    private long _entered;

    /// <value>May change with a new revision; tickets keep the deadline they entered with.</value>
    public GateLimits Limits { get; set; } = limits;

    /// <summary>Tickets ever given out: the number of the newest one.</summary>
    public long Entered => _entered;

    public int Count => _waiting.Count;

    public long HeldBytes { get; private set; }

    /// <summary>The one that is served next.</summary>
    public GateTicket? Oldest => _waiting.First?.Value;

    /// <summary>When <see cref="Expire"/> has something to do; null when nobody waits.</summary>
    public DateTimeOffset? NextExpiry => Oldest?.ExpiresAt;

    /// <summary>Lets a request wait. The gate's bounds are hard: at the limit it enters, one past it is told <see cref="GateEntry.FullByCount"/> or <see cref="GateEntry.FullByBytes"/>.</summary>
    /// <param name="heldBytes">Bytes of it that stay in memory while it waits, 0 or more.</param>
    /// <param name="trigger">For people: what it asked for.</param>
    public GateEntry Enter(DateTimeOffset now, long heldBytes, string trigger, out GateTicket? ticket)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(heldBytes);
        ticket = null;
        if (_waiting.Count >= Limits.WaitersMax)
        {
            return GateEntry.FullByCount;
        }

        if (heldBytes > Limits.HeldBytesMax - HeldBytes)
        {
            return GateEntry.FullByBytes;
        }

        // A deadline is never before that of an earlier ticket, also when a new revision shortened the hold time.
        var expires = now + Limits.HoldTime;
        var last = _waiting.Last?.Value.ExpiresAt ?? expires;
        ticket = new GateTicket(++_entered, now, expires > last ? expires : last, heldBytes, trigger);
        ticket.Node = _waiting.AddLast(ticket);
        HeldBytes += heldBytes;
        return GateEntry.Waiting;
    }

    /// <summary>Takes the oldest waiter out to be served; null when nobody waits.</summary>
    public GateTicket? TryGrant() => Oldest is { } oldest ? Take(oldest, GateState.Granted) : null;

    /// <summary>The client went away. False: the ticket had its outcome already, and a granted slot is to be given back.</summary>
    public bool Leave(GateTicket ticket)
    {
        if (ticket.State != GateState.Waiting)
        {
            return false;
        }

        Take(ticket, GateState.Left);
        return true;
    }

    /// <summary>Takes out, oldest first, those whose hold time is over.</summary>
    public IReadOnlyList<GateTicket> Expire(DateTimeOffset now)
    {
        if (Oldest is not { } first || first.ExpiresAt > now)
        {
            return [];
        }

        var expired = new List<GateTicket>();
        while (Oldest is { } oldest && oldest.ExpiresAt <= now)
        {
            expired.Add(Take(oldest, GateState.TimedOut));
        }

        return expired;
    }

    /// <summary>Takes everybody out because no start is possible, or the start they waited for failed.</summary>
    /// <param name="upTo">Number of the last ticket that is concerned: later ones came after what failed.</param>
    public IReadOnlyList<GateTicket> RefuseAll(long upTo = long.MaxValue)
    {
        var refused = new List<GateTicket>();
        while (Oldest is { } oldest && oldest.Number <= upTo)
        {
            refused.Add(Take(oldest, GateState.Refused));
        }

        return refused;
    }

    private GateTicket Take(GateTicket ticket, GateState state)
    {
        _waiting.Remove(ticket.Node!);
        ticket.Node = null;
        ticket.State = state;
        HeldBytes -= ticket.HeldBytes;
        return ticket;
    }
}
