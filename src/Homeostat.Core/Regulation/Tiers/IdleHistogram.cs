namespace Homeostat.Core.Regulation.Tiers;

/// <summary>
/// How long the pauses between uses of an instance were: counts in bins that grow by the square root of two, from 1 ms to about 12 days. New pauses count more
/// than old ones: when the histogram is full all counts are halved.
/// </summary>
/// <remarks>
/// Source: the hybrid histogram of "Serverless in the Wild" (Shahrad et al., ATC 2020), with logarithmic bins so that one shape serves thaws of a millisecond
/// and starts of a minute. Not safe for concurrent use.
/// </remarks>
public sealed class IdleHistogram
{
    /// <summary>Two for each doubling.</summary>
    public const int Bins = 60;

    /// <summary>Pauses remembered before all are halved.</summary>
    public const int Full = 512;

    private static readonly double[] Edges = [.. Enumerable.Range(0, Bins + 1).Select(bin => 0.001 * Math.Pow(2, bin / 2.0))];

    private readonly int[] _counts = new int[Bins];

    public int Count { get; private set; }

    /// <summary>Upper end of a bin, in seconds.</summary>
    public static double EndOf(int bin) => Edges[bin + 1];

    /// <summary>The bin a pause belongs to.</summary>
    public static int BinOf(TimeSpan pause)
    {
        var seconds = pause.TotalSeconds;
        return seconds <= Edges[1] ? 0 : Math.Min(Bins - 1, (int)(2 * Math.Log2(seconds / Edges[0])));
    }

    public void Add(TimeSpan pause) => Add(BinOf(pause), 1);

    /// <summary>Pauses of a bin; each counts as long as the bin's middle.</summary>
    public void Add(int bin, int count)
    {
        _counts[bin] += count;
        Count += count;
        if (Count >= Full)
        {
            Halve();
        }
    }

    /// <summary>Pauses in a bin, and their sum in seconds.</summary>
    public (int Count, double Seconds) this[int bin] => (_counts[bin], _counts[bin] * Math.Sqrt(Edges[bin] * Edges[bin + 1]));

    private void Halve()
    {
        Count = 0;
        for (var bin = 0; bin < Bins; bin++)
        {
            _counts[bin] /= 2;
            Count += _counts[bin];
        }
    }
}
