using System.Numerics;

namespace Homeostat.Core.Replay;

/// <summary>Waits of any number of requests in bounded memory: 64 buckets for each doubling, each with its mean, so that a percentile is right to 1 %.</summary>
internal sealed class WaitHistogram
{
    private const int Bits = 6;
    private const int PerDoubling = 1 << Bits;

    private readonly long[] _counts = new long[PerDoubling * (64 - Bits + 1)];
    private readonly double[] _sums = new double[PerDoubling * (64 - Bits + 1)];

    public long Count { get; private set; }

    public double TotalSeconds { get; private set; }

    public long Longest { get; private set; }

    /// <param name="ticks">0 or more, of 100 ns.</param>
    public void Add(long ticks)
    {
        var bucket = Bucket(ticks);
        _counts[bucket]++;
        _sums[bucket] += ticks;
        Count++;
        TotalSeconds += ticks / (double)TimeSpan.TicksPerSecond;
        Longest = Math.Max(Longest, ticks);
    }

    /// <summary>Seconds that the share <paramref name="quantile"/> (0..1) of all waits does not exceed; 0 without any.</summary>
    public double Quantile(double quantile)
    {
        var wanted = Math.Max(1, (long)Math.Ceiling(quantile * Count));
        var seen = 0L;
        for (var bucket = 0; bucket < _counts.Length; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= wanted && _counts[bucket] > 0)
            {
                return _sums[bucket] / _counts[bucket] / TimeSpan.TicksPerSecond;
            }
        }

        return 0;
    }

    /// <summary>Below 64 each tick has its bucket, above each 64th of a doubling.</summary>
    private static int Bucket(long ticks)
    {
        if (ticks < PerDoubling)
        {
            return (int)ticks;
        }

        var doubling = BitOperations.Log2((ulong)ticks) - Bits;
        return (PerDoubling * (doubling + 1)) + (int)((ticks >> doubling) - PerDoubling);
    }
}
