namespace Homeostat.Core.Forecasting.Ensemble;

/// <summary>
/// Quantiles from errors that are known: the last value plus the quantile of its own last 200 changes; the blended point plus that of its last 50, of its last 200, of its
/// last 200 as parts of the square root of the forecast (noise of counts grows so), and of a long window that covers a season. Margins are at least 0.
/// </summary>
internal sealed class Margins(double quantile)
{
    public const int Count = 5;

    private const int LongErrors = 500;
    private const int LongSteps = 1000;

    private readonly QuantileWindow _last = new(CalibratedForecaster.MarginWindow);
    private readonly QuantileWindow _brief = new(50);
    private readonly QuantileWindow _usual = new(CalibratedForecaster.MarginWindow);
    private readonly QuantileWindow _scaled = new(CalibratedForecaster.MarginWindow);
    private readonly QuantileWindow _long = new(LongErrors);
    private double _level = double.NaN;
    private int _skipped;

    public int Bytes => _last.Bytes + _brief.Bytes + _usual.Bytes + _scaled.Bytes + _long.Bytes + (3 * sizeof(double));

    /// <param name="last">The last value when the forecast was made.</param>
    /// <param name="point">The forecast.</param>
    public void Learn(double value, double last, double point, int? period)
    {
        var error = value - point;
        _last.Add(value - last);
        _brief.Add(error);
        _usual.Add(error);
        _scaled.Add(error / Size(point));
        // Of a long window every second or third error says as much, for less memory.
        var every = Math.Max(1, Math.Max(LongSteps, period ?? 0) / LongErrors);
        if (++_skipped >= every)
        {
            _skipped = 0;
            _long.Add(error);
        }
    }

    public void Predict(Span<float> into, double value, double point)
    {
        _level = double.IsNaN(_level) ? value : _level + (0.05 * (value - _level));
        into[0] = Above(value, _last, 1);
        into[1] = Above(point, _usual, 1);
        into[2] = Above(point, _brief, 1);
        into[3] = Above(point, _scaled, Size(point));
        into[4] = Above(point, _long, 1);
    }

    private float Above(double point, QuantileWindow errors, double size) => (float)(point + Math.Max(0, errors.Quantile(quantile) * size));

    /// <summary>The level keeps a forecast of nothing from making its error infinite.</summary>
    private double Size(double point) => Math.Sqrt(point + (0.1 * _level)) is > 0 and var size ? size : 1;
}
