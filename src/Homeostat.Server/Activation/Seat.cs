using Homeostat.Core.Runtime;

namespace Homeostat.Server.Activation;

/// <summary>
/// Counts the slots taken at one instance, without locks. One packed word holds the count and a closed bit, so that closing an idle instance and taking a
/// slot of it exclude each other.
/// </summary>
/// <remarks>
/// <code>
///   bit 30: closed     bits 0..29: slots taken
///   open, n  --TryTake-->  open, n+1          open, 0  --TryClose-->  closed, 0      (only at 0: nobody is served)
///   any,  n  --Return--->  any,  n-1          open, n  --Close----->  closed, n      (drain: those n go on)
/// </code>
/// Interleaving of a freeze with a request: both compare-and-swap the same word. If the request wins (0 -> 1), TryClose sees 1 and fails: the instance stays
/// awake. If TryClose wins (0 -> closed), the request's swap fails, it reads the closed bit and goes to the gate. There is no third order, hence an instance
/// is never frozen with a slot taken. Tempting and wrong: reading the count, then setting a flag; a request fits between the two.
/// </remarks>
/// <param name="target">Slots taken first, before the next instance is used.</param>
/// <param name="limit">Slots never exceeded.</param>
internal sealed class Seat(int target, int limit, SteadyClock clock)
{
    private const int ClosedBit = 1 << 30;
    private const int CountMask = ClosedBit - 1;

    private int _state;
    private int _connectFailures;
    private long _lastReturn;

    public int Target => target;

    public int Limit => limit;

    /// <summary>How the instance came to run, for those who waited for it. Written before the seat is opened to requests.</summary>
    public WakeWay Way { get; set; }

    public TimeSpan Took { get; set; }

    public DateTimeOffset ReadyAt { get; set; }

    public int InFlight => Volatile.Read(ref _state) & CountMask;

    public bool IsClosed => (Volatile.Read(ref _state) & ClosedBit) != 0;

    /// <summary>When a slot was last given back; null: never.</summary>
    public DateTimeOffset? LastReturn => Volatile.Read(ref _lastReturn) is var at and not 0 ? clock.At(at) : null;

    /// <summary>Connections in a row that could not be made.</summary>
    public int ConnectFailures => Volatile.Read(ref _connectFailures);

    /// <summary>Takes a slot if fewer than <paramref name="below"/> are taken and the seat is open.</summary>
    public bool TryTake(int below)
    {
        var state = Volatile.Read(ref _state);
        while (state < below)
        {
            // A closed state is larger than any limit, so the comparison covers it.
            var seen = Interlocked.CompareExchange(ref _state, state + 1, state);
            if (seen == state)
            {
                return true;
            }

            state = seen;
        }

        return false;
    }

    /// <summary>Gives a slot back.</summary>
    /// <returns>True when the seat is closed and this was the last slot: it is drained.</returns>
    public bool Return(bool connected)
    {
        // The time goes first: who reads a count of 0 afterwards also reads this time or a later one.
        Volatile.Write(ref _lastReturn, clock.Timestamp);
        if (!connected)
        {
            Interlocked.Increment(ref _connectFailures);
        }
        else if (Volatile.Read(ref _connectFailures) != 0)
        {
            Volatile.Write(ref _connectFailures, 0);
        }

        var state = Interlocked.Decrement(ref _state);
        if ((state & CountMask) == CountMask)
        {
            throw new InvalidOperationException("a slot was given back twice");
        }

        return state == ClosedBit;
    }

    /// <summary>Closes the seat if no slot is taken. False: somebody is served, or it was closed with slots taken.</summary>
    public bool TryClose() => Interlocked.CompareExchange(ref _state, ClosedBit, 0) is 0 or ClosedBit;

    /// <summary>No new slots; those taken go on.</summary>
    public void Close() => Interlocked.Or(ref _state, ClosedBit);

    public void Open() => Interlocked.And(ref _state, CountMask);
}
