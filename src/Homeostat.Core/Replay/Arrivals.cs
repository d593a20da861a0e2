using System.Runtime.InteropServices;

namespace Homeostat.Core.Replay;

/// <summary>Requests in the order of time, made one by one: a trace of any length needs no memory for its requests.</summary>
public interface IArrivals
{
    /// <summary>Ticks (100 ns) from the beginning to the end of the trace.</summary>
    long Length { get; }

    /// <summary>The next request; false at the end.</summary>
    bool TryNext(out Arrival arrival);
}

/// <param name="At">Ticks (100 ns) since the beginning; never decreasing.</param>
/// <param name="Work">Ticks it takes to be served, 1 or more.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Arrival(long At, long Work);

/// <summary>Requests with known times.</summary>
/// <param name="times">Ticks since the beginning, ascending.</param>
/// <param name="length">Ticks to the end of the trace.</param>
/// <param name="share">Every request is kept with this probability, 0..1.</param>
public sealed class TimedArrivals(IReadOnlyList<long> times, long length, double share, ServiceTime serviceTime, ReplayRandom random) : IArrivals
{
    private int _next;

    public long Length => length;

    public bool TryNext(out Arrival arrival)
    {
        while (_next < times.Count)
        {
            var at = times[_next++];
            if (share >= 1 || random.NextDouble() < share)
            {
                arrival = new Arrival(at, serviceTime.Draw(random));
                return true;
            }
        }

        arrival = default;
        return false;
    }
}

/// <summary>Requests of which is known how many there were in each step of time.</summary>
/// <remarks>
/// Within a step the times are those of a Poisson process of which the count is known: independent and uniform. They are drawn in order, without sorting: of n that are
/// still to come before the end e, the first one after t comes at t + (e - t) * (1 - u^(1/n)).
/// </remarks>
/// <param name="counts">One for each step, 0 or more; a part of a request is one with that probability.</param>
/// <param name="step">Ticks of a step, 1 or more.</param>
/// <param name="share">Every request is kept with this probability, 0..1.</param>
public sealed class CountedArrivals(IReadOnlyList<double> counts, long step, double share, ServiceTime serviceTime, ReplayRandom random) : IArrivals
{
    private int _bin = -1;
    private long _left;
    private double _at;

    public long Length { get; } = counts.Count * step;

    public bool TryNext(out Arrival arrival)
    {
        arrival = default;
        while (_left == 0)
        {
            if (++_bin >= counts.Count)
            {
                _bin = counts.Count;
                return false;
            }

            _left = Drawn(counts[_bin] * share);
            _at = (double)_bin * step;
        }

        var end = (double)(_bin + 1) * step;
        _at += (end - _at) * (1 - Math.Pow(random.NextDouble(), 1.0 / _left));
        _left--;
        arrival = new Arrival(Math.Min((long)_at, (long)end - 1), serviceTime.Draw(random));
        return true;
    }

    /// <summary>A whole number with this mean: what is kept of a count varies as little as it can.</summary>
    private long Drawn(double mean)
    {
        var whole = (long)mean;
        return whole + (random.NextDouble() < mean - whole ? 1 : 0);
    }
}
