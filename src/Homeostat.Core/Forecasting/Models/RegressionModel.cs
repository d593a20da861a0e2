using Homeostat.Core.Forecasting.Seasons;

namespace Homeostat.Core.Forecasting.Models;

/// <summary>One regression alone, with its own past, one set of coefficients per horizon. A seasonal one goes without while no season is known.</summary>
internal sealed class RegressionModel : IPointModel
{
    private readonly int[] _horizons;
    private readonly History _history;
    private readonly SeasonFinder? _season;
    private readonly LagRegressions[] _points;
    private readonly LagRegressions[]? _quantiles;

    /// <param name="quantile">The kind that says the quantile directly; null: the margin comes from errors.</param>
    public RegressionModel(int[] horizons, RegressionKind kind, RegressionKind? quantile = null, double level = 0.9)
    {
        _horizons = horizons;
        _history = new History(kind.Seasonal ? Ensemble.AutoForecaster.HistoryLength : horizons[^1] + 256);
        _season = kind.Seasonal ? new SeasonFinder(_history) : null;
        var features = new LagFeatures(_history, () => _season?.Period);
        _points = [.. horizons.Select(steps => new LagRegressions(_history, features, steps, Both(kind), 0.5))];
        _quantiles = quantile is null ? null : [.. horizons.Select(steps => new LagRegressions(_history, features, steps, Both(quantile), level))];
    }

    public int? Period => _season?.Period;

    public int Bytes => _history.Bytes + (_season?.Bytes ?? 0) + _points.Sum(p => p.Bytes) + (_quantiles?.Sum(p => p.Bytes) ?? 0);

    public void Observe(double value)
    {
        _history.Add(value);
        _season?.Observe();
        foreach (var regressions in _points.Concat(_quantiles ?? []))
        {
            regressions.Observe();
        }
    }

    public double Predict(int steps) => Said(_points, steps);

    public double? PredictQuantile(int steps) => _quantiles is null ? null : Said(_quantiles, steps);

    private double Said(LagRegressions[] regressions, int steps)
    {
        Span<float> said = stackalloc float[_season is null ? 1 : 2];
        regressions[Demand.Nearest(_horizons, steps)].Predict(said);
        return _season?.Period is null ? said[0] : said[1];
    }

    private static RegressionKind[] Both(RegressionKind kind) => kind.Seasonal ? [kind with { Seasonal = false }, kind] : [kind];
}

/// <summary>Former seasons alone, with their own past and search for the season.</summary>
internal sealed class SeasonalModel : IPointModel
{
    private readonly History _history = new(Ensemble.AutoForecaster.HistoryLength);
    private readonly SeasonFinder _season;
    private readonly SeasonalLags _lags;

    public SeasonalModel(int seasonsMax, double deviation)
    {
        _season = new SeasonFinder(_history);
        _lags = new SeasonalLags(_history, () => _season.Period, seasonsMax, deviation);
    }

    public int? Period => _season.Period;

    public int Bytes => _history.Bytes + _season.Bytes;

    public void Observe(double value)
    {
        _history.Add(value);
        _season.Observe();
    }

    public double Predict(int steps) => _lags.Predict(steps);
}
