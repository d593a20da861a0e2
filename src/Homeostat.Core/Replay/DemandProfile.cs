namespace Homeostat.Core.Replay;

/// <summary>
/// What a trace needs at least if nobody may wait: the clairvoyant lower bound, and the busiest moment.
/// </summary>
/// <remarks>
/// <para>Let n(t) be the requests in service at t when each begins at its arrival, c the requests an instance may serve at one time, W the quickest wake. Level k (1, 2 ...) is
/// needed where n(t) &gt; (k - 1) c. The bound adds up, over all levels, the time a level is needed, and min(gap, W) for each gap between two needs and before the first one.</para>
/// <para>Why no policy without waits has fewer instance-seconds. (1) At each t at least ceil(n(t) / c) instances run: each serves at most c of the n(t). That many levels are
/// needed at t. (2) Take any schedule of awake instances and let a(t) be their number; call level k of the schedule awake where a(t) &gt;= k. The levels' awake times add up to the
/// schedule's, and by (1) level k is awake whenever it is needed. (3) Between two needs of level k either the level stays awake over the whole gap, which costs the gap; or a(t) falls
/// below k in it and must be k again at the next need, so an instance is woken in the gap: it is awake (starting) for at least W before it serves. Instances that wake at one time for
/// several levels are different ones, so each level may charge its own W, or the part of the gap it has: at least min(gap, W). Before the first need the gap begins with the trace:
/// what is awake then was woken before it, at no cost. Sums of lower bounds are a lower bound. (4) Requests that move between instances for free, as levels imply, only lower it.</para>
/// <para>A policy that lets requests wait can be below: it serves later, and packs better.</para>
/// </remarks>
public sealed record DemandProfile
{
    public long Requests { get; private init; }

    /// <summary>The most requests in service at one time.</summary>
    public int Peak { get; private init; }

    /// <summary>Instances the busiest moment needs.</summary>
    public int PeakInstances { get; private init; }

    /// <summary>Times the bound wakes an instance.</summary>
    public long Wakes { get; private init; }

    /// <summary>The bound: instances awake, times seconds.</summary>
    public double InstanceSeconds { get; private init; }

    /// <summary>Requests in service, times seconds.</summary>
    public double BusySeconds { get; private init; }

    /// <param name="limit">Requests an instance may serve at one time, 1 or more.</param>
    /// <param name="wake">The quickest wake.</param>
    public static DemandProfile Of(IArrivals arrivals, int limit, TimeSpan wake)
    {
        var levels = new Levels(limit, wake.Ticks);
        var departures = new PriorityQueue<long, long>();
        var (requests, peak, busy) = (0L, 0, 0.0);
        while (arrivals.TryNext(out var arrival))
        {
            Depart(arrival.At);
            requests++;
            busy += arrival.Work;
            levels.Rise(departures.Count, arrival.At);
            departures.Enqueue(arrival.At + arrival.Work, arrival.At + arrival.Work);
            peak = Math.Max(peak, departures.Count);
        }

        Depart(long.MaxValue);
        return new DemandProfile
        {
            Requests = requests,
            Peak = peak,
            PeakInstances = (peak + limit - 1) / limit,
            Wakes = levels.Wakes,
            InstanceSeconds = levels.Ticks / TimeSpan.TicksPerSecond,
            BusySeconds = busy / TimeSpan.TicksPerSecond,
        };

        void Depart(long until)
        {
            while (departures.TryPeek(out var at, out _) && at <= until)
            {
                departures.Dequeue();
                levels.Fall(departures.Count, at);
            }
        }
    }

    private sealed class Levels(int limit, long wake)
    {
        private readonly List<(long On, long Off)> _levels = [];

        public double Ticks { get; private set; }

        public long Wakes { get; private set; }

        /// <summary>One more than <paramref name="before"/> are in service.</summary>
        public void Rise(int before, long at)
        {
            if (before % limit != 0)
            {
                return;
            }

            var level = before / limit;
            if (level == _levels.Count)
            {
                // Never needed before: the gap reaches back to the beginning of the trace, before which whatever wakes is not counted.
                _levels.Add((0, 0));
            }

            var gap = at - _levels[level].Off;
            Ticks += Math.Min(gap, wake);
            Wakes += gap > wake ? 1 : 0;
            _levels[level] = (at, at);
        }

        /// <summary><paramref name="left"/> are left in service.</summary>
        public void Fall(int left, long at)
        {
            if (left % limit == 0)
            {
                var level = left / limit;
                Ticks += at - _levels[level].On;
                _levels[level] = (_levels[level].On, at);
            }
        }
    }
}
