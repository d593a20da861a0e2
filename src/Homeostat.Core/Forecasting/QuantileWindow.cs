namespace Homeostat.Core.Forecasting;

/// <summary>The newest values of something in a ring, and the same sorted: any quantile of them at any time. Adding costs a move of half the window in memory.</summary>
internal sealed class QuantileWindow(int capacity)
{
    private readonly float[] _ring = new float[capacity];
    private readonly float[] _sorted = new float[capacity];
    private int _next;

    public int Count { get; private set; }

    public int Bytes => 2 * capacity * sizeof(float);

    public void Add(double value)
    {
        var added = (float)value;
        if (Count == capacity)
        {
            var old = Array.BinarySearch(_sorted, 0, Count, _ring[_next]);
            Array.Copy(_sorted, old + 1, _sorted, old, Count - old - 1);
            Count--;
        }
        var at = Array.BinarySearch(_sorted, 0, Count, added);
        at = at < 0 ? ~at : at;
        Array.Copy(_sorted, at, _sorted, at + 1, Count - at);
        _sorted[at] = added;
        _ring[_next] = added;
        _next = _next + 1 == capacity ? 0 : _next + 1;
        Count++;
    }

    /// <summary>By linear interpolation between the two nearest ranks, as numpy does. 0 without values.</summary>
    /// <param name="level">0 to 1.</param>
    public double Quantile(double level)
    {
        if (Count == 0)
        {
            return 0;
        }
        var rank = level * (Count - 1);
        var low = (int)rank;
        var high = Math.Min(low + 1, Count - 1);
        return _sorted[low] + ((rank - low) * (_sorted[high] - (double)_sorted[low]));
    }
}
