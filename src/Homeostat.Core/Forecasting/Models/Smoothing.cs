namespace Homeostat.Core.Forecasting.Models;

/// <summary>Simple exponential smoothing: level += alpha (value - level). Source: R. G. Brown, Smoothing, Forecasting and Prediction of Discrete Time Series, 1963.</summary>
/// <param name="alpha">Above 0, at most 1; 1 is the last value.</param>
internal sealed class ExponentialSmoothing(double alpha) : IPointModel
{
    private double _level = double.NaN;

    public int Bytes => 2 * sizeof(double);

    public void Observe(double value) => _level = double.IsNaN(_level) ? value : _level + (alpha * (value - _level));

    public double Predict(int steps) => _level;
}

/// <summary>
/// Damped trend: a level and a trend that fades by phi each step. Source: Gardner and McKenzie, Forecasting Trends in Time Series, Management Science 31(10), 1985.
/// </summary>
/// <param name="alpha">Smoothing of the level.</param>
/// <param name="beta">Smoothing of the trend.</param>
/// <param name="phi">Damping, below 1: the trend adds up to trend phi / (1 - phi) at most.</param>
internal sealed class DampedHolt(double alpha, double beta, double phi) : IPointModel
{
    private double _level = double.NaN;
    private double _trend;

    public int Bytes => 5 * sizeof(double);

    public void Observe(double value)
    {
        if (double.IsNaN(_level))
        {
            _level = value;
            return;
        }
        var before = _level;
        _level = (alpha * value) + ((1 - alpha) * (before + (phi * _trend)));
        _trend = (beta * (_level - before)) + ((1 - beta) * phi * _trend);
    }

    public double Predict(int steps) => _level + (_trend * phi * (1 - Math.Pow(phi, steps)) / (1 - phi));
}
