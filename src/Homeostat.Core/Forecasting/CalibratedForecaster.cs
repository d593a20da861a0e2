using Homeostat.Core.Forecasting.Models;

namespace Homeostat.Core.Forecasting;

/// <summary>
/// One model alone: its point forecast, kept within [0, twice the highest of the last 30 values], plus the empirical quantile of its own last
/// 200 errors at that horizon that are already known (at least 0). A margin from errors is worth more than most models are.
/// </summary>
internal sealed class CalibratedForecaster : IForecaster
{
    private readonly IPointModel _model;
    private readonly int[] _horizons;
    private readonly double _quantile;
    private readonly History _history = new(ClampWindow);
    private readonly Calibration[] _calibrations;

    /// <summary>Values that bound a forecast: what was never seen even by half is not believed.</summary>
    internal const int ClampWindow = 30;

    /// <summary>Errors a margin is taken from: enough for a 0.9-quantile, few enough to follow a change of the noise.</summary>
    internal const int MarginWindow = 200;

    public CalibratedForecaster(string name, ForecastOptions options, Func<int[], IPointModel> make)
    {
        _horizons = ForecastOptions.Check(options);
        (Model, _quantile, _model) = (name, options.Quantile, make(_horizons));
        _calibrations = [.. _horizons.Select(steps => new Calibration(steps, MarginWindow))];
    }

    public string Model { get; }

    public long Observed => _history.Total;

    public int? Period => _model.Period;

    public int Bytes => _history.Bytes + _model.Bytes + _calibrations.Sum(c => c.Bytes);

    public void Observe(double value)
    {
        value = Demand.Checked(value);
        _history.Add(value);
        _model.Observe(value);
        for (var i = 0; i < _horizons.Length; i++)
        {
            _calibrations[i].Observe(value, Point(_horizons[i]));
        }
    }

    public Forecast Predict(int steps)
    {
        if (_history.Count == 0)
        {
            return default;
        }
        var at = Demand.Nearest(_horizons, steps);
        var point = _calibrations[at].Newest;
        var margin = _calibrations[at].Errors.Quantile(_quantile);
        var quantile = _model.PredictQuantile(_horizons[at]) is { } said && double.IsFinite(said) ? Math.Min(said, 4 * Highest()) : point + margin;
        return new Forecast(point, Math.Max(point, quantile));
    }

    private double Point(int steps)
    {
        var point = _model.Predict(steps);
        return double.IsFinite(point) ? Math.Clamp(point, 0, 2 * Highest()) : _history[0];
    }

    private double Highest()
    {
        var most = 0.0;
        for (var i = 0; i < _history.Count; i++)
        {
            most = Math.Max(most, _history[i]);
        }
        return most;
    }
}

/// <summary>Forecasts of one horizon that wait for what comes, and the errors of those that did.</summary>
internal sealed class Calibration(int steps, int window)
{
    private readonly float[] _waiting = new float[steps];
    private int _next;
    private long _made;

    public QuantileWindow Errors { get; } = new(window);

    /// <summary>The forecast that was made last.</summary>
    public double Newest { get; private set; }

    public int Bytes => (_waiting.Length * sizeof(float)) + Errors.Bytes;

    /// <summary>Takes the error of the forecast that was made for now, then keeps the new one.</summary>
    public void Observe(double value, double forecast)
    {
        if (_made >= steps)
        {
            Errors.Add(value - _waiting[_next]);
        }
        _waiting[_next] = (float)forecast;
        _next = _next + 1 == steps ? 0 : _next + 1;
        _made++;
        Newest = forecast;
    }
}
