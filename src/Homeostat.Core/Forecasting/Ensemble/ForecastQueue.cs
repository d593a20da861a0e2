namespace Homeostat.Core.Forecasting.Ensemble;

/// <summary>Rows of numbers that wait for a number of steps: what was said, until what comes is known.</summary>
/// <param name="steps">How long a row waits.</param>
/// <param name="width">Numbers in a row.</param>
internal sealed class ForecastQueue(int steps, int width)
{
    private readonly float[] _rows = new float[steps * width];
    private int _at;
    private long _made;

    public int Bytes => _rows.Length * sizeof(float);

    /// <summary>Whether <see cref="Row"/> holds what was said <c>steps</c> steps ago, for now.</summary>
    public bool IsDue => _made >= steps;

    /// <summary>The row whose time has come; to be written over with what is said now, then <see cref="Next"/>.</summary>
    public Span<float> Row => _rows.AsSpan(_at * width, width);

    /// <summary>The row written last. Only after <see cref="Next"/>.</summary>
    public ReadOnlySpan<float> Newest => _rows.AsSpan((_at == 0 ? steps - 1 : _at - 1) * width, width);

    public void Next()
    {
        _at = _at + 1 == steps ? 0 : _at + 1;
        _made++;
    }
}
