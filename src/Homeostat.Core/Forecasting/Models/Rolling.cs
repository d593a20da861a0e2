namespace Homeostat.Core.Forecasting.Models;

/// <summary>Mean of the newest values: the best there is for demand that is noise around a level.</summary>
internal sealed class RollingMean(int window) : IPointModel
{
    private readonly History _history = new(window);

    public int Bytes => _history.Bytes;

    public void Observe(double value) => _history.Add(value);

    public double Predict(int steps)
    {
        var sum = 0.0;
        for (var i = 0; i < _history.Count; i++)
        {
            sum += _history[i];
        }
        return sum / Math.Max(1, _history.Count);
    }
}

/// <summary>Median of the newest values: bursts do not move it, and it is what absolute error asks for.</summary>
internal sealed class RollingMedian(int window) : IPointModel
{
    private readonly QuantileWindow _window = new(window);

    public int Bytes => _window.Bytes;

    public void Observe(double value) => _window.Add(value);

    public double Predict(int steps) => _window.Quantile(0.5);
}

/// <summary>The straight line through the newest values by least squares, prolonged: what a steady rise asks for.</summary>
internal sealed class RollingLine(int window) : IPointModel
{
    private readonly History _history = new(window);

    public int Bytes => _history.Bytes;

    public void Observe(double value) => _history.Add(value);

    public double Predict(int steps)
    {
        var (count, mean, slope, spread) = (_history.Count, 0.0, 0.0, 0.0);
        var middle = (count - 1) / 2.0;
        for (var i = 0; i < count; i++)
        {
            mean += _history[i] / count;
            slope += (middle - i) * _history[i];
            spread += (middle - i) * (middle - i);
        }
        return mean + (spread == 0 ? 0 : slope / spread * (middle + steps));
    }
}
