using Homeostat.Core.Forecasting.Models;
using Homeostat.Core.Forecasting.Seasons;

namespace Homeostat.Core.Forecasting.Ensemble;

/// <summary>
/// The model <c>auto</c>: finds the season, runs a pool of simple models and one set of regressions per horizon, and combines them online, the point by absolute
/// loss, the quantile by pinball loss. The last value is always in the pool, and what has done worse than it is drawn to it.
/// </summary>
internal sealed class AutoForecaster : IForecaster
{
    /// <summary>Two seasons of the longest kind, a horizon and a bit; three days of minutes.</summary>
    internal const int HistoryLength = 4608;

    private readonly History _history = new(HistoryLength);
    private readonly QuantileWindow _recent = new(CalibratedForecaster.ClampWindow);
    private readonly SeasonFinder _season;
    private readonly IReadOnlyList<IPointModel> _shared;
    private readonly HorizonEnsemble[] _ensembles;
    private readonly int[] _horizons;

    public AutoForecaster(ForecastOptions options)
    {
        _horizons = ForecastOptions.Check(options);
        _season = new SeasonFinder(_history);
        _shared = Pool.Shared(_history, () => _season.Guess);
        var features = new LagFeatures(_history, () => _season.Guess);
        _ensembles = [.. _horizons.Select(steps => new HorizonEnsemble(_history, features, _shared, steps, options.Quantile))];
    }

    public string Model => ForecastModels.Auto;

    public long Observed => _history.Total;

    public int? Period => _season.Period;

    internal int? Guess => _season.Guess;

    public int Bytes => _history.Bytes + _recent.Bytes + _season.Bytes + _shared.Sum(m => m.Bytes) + _ensembles.Sum(e => e.Bytes);

    public void Observe(double value)
    {
        value = Demand.Checked(value);
        _history.Add(value);
        _recent.Add(value);
        _season.Observe();
        foreach (var model in _shared)
        {
            model.Observe(value);
        }
        // The second highest: one burst alone is no reason to believe in twice as much.
        var most = Math.Max(_recent.Quantile(1 - (1.0 / Math.Max(1, _recent.Count - 1))), value / 2);
        foreach (var ensemble in _ensembles)
        {
            ensemble.Observe(value, most, _season.Guess);
        }
    }

    public Forecast Predict(int steps) => _ensembles[Demand.Nearest(_horizons, steps)].Newest;

    /// <summary>The name of the expert that was best of late at a horizon.</summary>
    public string Best(int steps)
    {
        var best = _ensembles[Demand.Nearest(_horizons, steps)].Best;
        return best < _shared.Count ? Pool.SharedNames[best] : Pool.Points[best - _shared.Count].Name;
    }
}
