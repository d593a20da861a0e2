namespace Homeostat.Core.Forecasting.Models;

/// <summary>How a grey model goes on from its window.</summary>
internal enum GreyKind
{
    /// <summary>One fit to the newest values says every horizon.</summary>
    Rolling,

    /// <summary>Each step ahead is appended as if it had come, the oldest value is dropped and the model fitted again ("metabolic").</summary>
    Metabolic,
}

/// <summary>
/// GM(1,1) on the newest values, fitted again at each. What it says is kept within [0, twice the highest of its window]: unbounded, its exponential is thousands of times off
/// on sparse demand. A singular window, or fewer than four values, gives the last value.
/// </summary>
/// <param name="gated">Answers with the last value also where the window fails the level-ratio test, as the literature asks.</param>
internal sealed class RollingGrey(int window, GreyKind kind = GreyKind.Rolling, GreyAnchor anchor = GreyAnchor.First, bool gated = false) : IPointModel
{
    /// <summary>Steps a metabolic model appends; beyond, the last of them is said.</summary>
    private const int AppendedMax = 60;

    private readonly History _history = new(window);

    public int Bytes => _history.Bytes;

    public void Observe(double value) => _history.Add(value);

    public double Predict(int steps)
    {
        if (_history.Count < GreyModel.CountMin)
        {
            return _history.Count == 0 ? 0 : _history[0];
        }
        Span<double> values = stackalloc double[_history.Count];
        _history.Newest(values);
        if (gated && !GreyModel.PassesLevelRatio(values))
        {
            return values[^1];
        }
        var most = 0.0;
        foreach (var value in values)
        {
            most = Math.Max(most, value);
        }
        if (kind == GreyKind.Rolling)
        {
            return Next(values, steps, 2 * most);
        }
        for (var step = 1; step < Math.Min(steps, AppendedMax); step++)
        {
            var next = Next(values, 1, 2 * most);
            values[1..].CopyTo(values);
            values[^1] = next;
        }
        return Next(values, 1, 2 * most);
    }

    private double Next(ReadOnlySpan<double> values, int steps, double most)
    {
        var said = GreyModel.Fit(values)?.Forecast(steps, anchor) ?? values[^1];
        return double.IsNaN(said) ? values[^1] : Math.Clamp(said, 0, most);
    }
}
