namespace Homeostat.Core.Forecasting;

/// <summary>The newest values of a series in a ring. Kept as floats: seven digits are enough for demand, and a week of it takes half the memory.</summary>
internal sealed class History(int capacity)
{
    private readonly float[] _ring = new float[capacity];
    private int _next;

    /// <summary>Values at hand, at most the capacity.</summary>
    public int Count { get; private set; }

    /// <summary>Values ever added.</summary>
    public long Total { get; private set; }

    public int Bytes => _ring.Length * sizeof(float);

    /// <summary>The value that many steps ago; 0 is the newest. Must be below <see cref="Count"/>.</summary>
    public double this[int ago]
    {
        get
        {
            var at = _next - 1 - ago;
            return _ring[at < 0 ? at + _ring.Length : at];
        }
    }

    public void Add(double value)
    {
        _ring[_next] = (float)Math.Min(value, float.MaxValue);
        _next = _next + 1 == _ring.Length ? 0 : _next + 1;
        Count = Math.Min(Count + 1, _ring.Length);
        Total++;
    }

    /// <summary>Copies the newest values, oldest first; there must be as many.</summary>
    public void Newest(Span<double> into)
    {
        for (var i = 0; i < into.Length; i++)
        {
            into[i] = this[into.Length - 1 - i];
        }
    }
}
