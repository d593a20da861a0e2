namespace Homeostat.Core.Replay.Policies;

/// <summary>Mean concurrency of the last seconds, from means of whole seconds: what autoscalers of peers see.</summary>
/// <param name="seconds">Longest window, 1 or more.</param>
internal sealed class ConcurrencyWindow(int seconds)
{
    private readonly double[] _ring = new double[seconds];
    private long _added;

    public void Add(double meanOfSecond) => _ring[_added++ % seconds] = meanOfSecond;

    public void Clear() => _added = 0;

    /// <summary>Over the last <paramref name="window"/> seconds, or as many as there are; 0 without any.</summary>
    public double Mean(int window)
    {
        var count = (int)Math.Min(Math.Min(window, seconds), _added);
        var sum = 0.0;
        for (var i = 1; i <= count; i++)
        {
            sum += _ring[(_added - i) % seconds];
        }

        return count == 0 ? 0 : sum / count;
    }
}
