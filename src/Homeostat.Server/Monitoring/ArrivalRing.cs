using System.Runtime.InteropServices;
using Homeostat.Server.Activation;

namespace Homeostat.Server.Monitoring;

/// <summary>
/// How many requests came in each of the last seconds in which any came: what a service's own past is replayed from. Bounded: 7,200 seconds, the oldest are forgotten. Safe for
/// concurrent use; a request costs a look at the clock and an increment. A count may be one second off.
/// </summary>
internal sealed class ArrivalRing(SteadyClock clock)
{
    /// <summary>Two hours of a service that is always asked, months of one that is asked now and then. 115 kB when full.</summary>
    public const int SecondsKept = 7200;

    private readonly Lock _lock = new();
    private ArrivalCount[] _ring = [];
    private long _added;
    private long _second;
    private int _now;

    public void Count()
    {
        var second = clock.Timestamp / clock.Time.TimestampFrequency;
        if (Volatile.Read(ref _second) != second)
        {
            MoveTo(second);
        }

        Interlocked.Increment(ref _now);
    }

    /// <summary>Oldest first; seconds without requests are left out, the one that runs is not.</summary>
    public IReadOnlyList<ArrivalCount> ToList()
    {
        lock (_lock)
        {
            MoveTo_NeedsLock(clock.Timestamp / clock.Time.TimestampFrequency);
            var kept = (int)Math.Min(_added, _ring.Length);
            var list = new List<ArrivalCount>(kept + 1);
            for (var i = _added - kept; i < _added; i++)
            {
                list.Add(_ring[i % _ring.Length]);
            }

            if (Volatile.Read(ref _now) is var now and > 0)
            {
                list.Add(new ArrivalCount(Unix(_second), now));
            }

            return list;
        }
    }

    private void MoveTo(long second)
    {
        lock (_lock)
        {
            MoveTo_NeedsLock(second);
        }
    }

    private void MoveTo_NeedsLock(long second)
    {
        // Another thread was here first, or has an older look at the clock: both count for the second that runs.
        if (second <= _second)
        {
            return;
        }

        if (Interlocked.Exchange(ref _now, 0) is var count and > 0)
        {
            Add_NeedsLock(new ArrivalCount(Unix(_second), count));
        }

        Volatile.Write(ref _second, second);
    }

    private void Add_NeedsLock(ArrivalCount count)
    {
        if (_added == _ring.Length && _ring.Length < SecondsKept)
        {
            // Most services are asked in few seconds: it grows as it is needed.
            Array.Resize(ref _ring, Math.Min(SecondsKept, Math.Max(16, _ring.Length * 2)));
        }

        _ring[_added++ % _ring.Length] = count;
    }

    /// <summary>Of its middle: seconds of the monotonic clock begin anywhere within those of the day.</summary>
    private long Unix(long second) => clock.At((second * clock.Time.TimestampFrequency) + (clock.Time.TimestampFrequency / 2)).ToUnixTimeSeconds();
}

/// <param name="Second">Seconds since 1970 (UTC).</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ArrivalCount(long Second, int Count);
