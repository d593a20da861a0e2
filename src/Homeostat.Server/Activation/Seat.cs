using Homeostat.Core.Runtime;
using Homeostat.Server.Monitoring;

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
/// <param name="target">Slots taken before another instance is preferred.</param>
/// <param name="limit">Slots never exceeded.</param>
/// <param name="pauses">Told how long nobody used the instance, when somebody does again; null: nobody wants to know.</param>
internal sealed class Seat(int target, int limit, SteadyClock clock, PauseCounts? pauses = null)
{
    private const int ClosedBit = 1 << 30;
    private const int CountMask = ClosedBit - 1;

    private int _state;
    private int _connectFailures;
    private long _lastReturn;
    private int _peak;
    private int _served;
    private float _servedMilliseconds;

    public int Target => target;

    public int Limit => limit;

    /// <summary>Slow start: a fresh instance is preferred for one request, and for one more with each it has served, up to its target. Its code is cold, its caches are empty.</summary>
    public int Window => IsFresh && Volatile.Read(ref _served) is var served && served < target ? served + 1 : target;

    /// <summary>It came to run from an image or cold. Written before the seat is opened to requests.</summary>
    public bool IsFresh { get; init; }

    /// <summary>Told when the first slot is taken; null: nobody wants to know. Written before the seat is opened to requests.</summary>
    public MonitoredInstance? Monitored { get; set; }

    /// <summary>How long a request holds its slot here, in the recent mean; 0: none was served.</summary>
    public float ServedMilliseconds => Volatile.Read(ref _servedMilliseconds);

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
                Taken(state + 1);
                return true;
            }

            state = seen;
        }

        return false;
    }

    /// <summary>The most slots taken at one time since the last call; may miss one that came in this moment.</summary>
    public int TakePeak() => Math.Max(Interlocked.Exchange(ref _peak, InFlight), InFlight);

    /// <summary>A request held its slot for so long. Two at once may count as one: it is a mean.</summary>
    public void Served(TimeSpan held)
    {
        var (milliseconds, mean) = ((float)held.TotalMilliseconds, ServedMilliseconds);
        Volatile.Write(ref _servedMilliseconds, mean <= 0 ? milliseconds : mean + ((Math.Min(milliseconds, 8 * mean) - mean) / 8));
        if (Volatile.Read(ref _served) is var served && served < target)
        {
            Volatile.Write(ref _served, served + 1);
        }
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

    private void Taken(int count)
    {
        if (count > Volatile.Read(ref _peak))
        {
            Volatile.Write(ref _peak, count);
        }

        if (count != 1)
        {
            return;
        }

        Monitored?.Busy();
        if (pauses is not null && Volatile.Read(ref _lastReturn) is not 0 and var last)
        {
            pauses.Add(clock.Time.GetElapsedTime(last));
        }
    }
}
