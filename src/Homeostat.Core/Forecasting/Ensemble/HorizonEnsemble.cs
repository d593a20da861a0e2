using Homeostat.Core.Forecasting.Models;

namespace Homeostat.Core.Forecasting.Ensemble;

/// <summary>All that <c>auto</c> knows for one horizon: its regressions, the blend of points by absolute loss, the margins and the blend of quantiles by pinball loss.</summary>
internal sealed class HorizonEnsemble
{
    private readonly int _steps;
    private readonly History _history;
    private readonly IReadOnlyList<IPointModel> _shared;
    private readonly LagRegressions _regressions;
    private readonly LagRegressions _quantileRegressions;
    private readonly ForecastQueue _points;
    private readonly ForecastQueue _quantiles;
    private readonly Blend _pointBlend;
    private readonly Blend _quantileBlend;
    private readonly Margins _margins;
    private readonly int _experts;

    /// <param name="shared">Models of all horizons; the first says the last value.</param>
    public HorizonEnsemble(History history, LagFeatures features, IReadOnlyList<IPointModel> shared, int steps, double quantile)
    {
        (_history, _shared, _steps) = (history, shared, steps);
        _regressions = new LagRegressions(history, features, steps, Pool.Points, 0.5);
        _quantileRegressions = new LagRegressions(history, features, steps, Pool.Quantiles, quantile);
        _margins = new Margins(quantile);
        _experts = shared.Count + Pool.Points.Count;
        var quantileExperts = Margins.Count + Pool.Quantiles.Count;
        (_points, _quantiles) = (new ForecastQueue(steps, _experts + 2), new ForecastQueue(steps, quantileExperts + 1));
        (_pointBlend, _quantileBlend) = (new Blend(_experts, 0.5, Pool.PointHalfLife, steps), new Blend(quantileExperts, quantile, Pool.QuantileHalfLife, steps));
    }

    public Forecast Newest { get; private set; }

    /// <summary>Index of the expert that was best of late: first the shared ones, then the regressions.</summary>
    public int Best => _pointBlend.Best;

    public int Bytes => _regressions.Bytes + _quantileRegressions.Bytes + _points.Bytes + _quantiles.Bytes + _pointBlend.Bytes + _quantileBlend.Bytes + _margins.Bytes;

    /// <summary>After the history, the season and the shared models have the newest value.</summary>
    /// <param name="most">The highest value of late: forecasts stay within [0, twice that], quantiles within four times.</param>
    public void Observe(double value, double most, int? period)
    {
        if (_points.IsDue)
        {
            var said = _points.Row;
            var quantiles = _quantiles.Row;
            _margins.Learn(value, said[0], said[_experts], period);
            _pointBlend.Learn(said[.._experts], said[_experts + 1], value);
            _quantileBlend.Learn(quantiles[..^1], quantiles[^1], value);
        }
        _regressions.Observe();
        _quantileRegressions.Observe();

        var row = _points.Row;
        for (var i = 0; i < _shared.Count; i++)
        {
            row[i] = (float)_shared[i].Predict(_steps);
        }
        _regressions.Predict(row[_shared.Count.._experts]);
        Bound(row[.._experts], 2 * most);
        var point = _pointBlend.Combine(row[.._experts], out var combined);
        (row[_experts], row[_experts + 1]) = ((float)point, (float)combined);

        var wide = _quantiles.Row;
        _margins.Predict(wide[..Margins.Count], value, point);
        _quantileRegressions.Predict(wide[Margins.Count..^1]);
        Bound(wide[..^1], 4 * most);
        var quantile = _quantileBlend.Combine(wide[..^1], out combined);
        wide[^1] = (float)combined;
        Newest = new Forecast(point, Math.Max(point, quantile));
        _points.Next();
        _quantiles.Next();
    }

    private void Bound(Span<float> said, double most)
    {
        var bound = (float)Math.Min(most, float.MaxValue);
        foreach (ref var one in said)
        {
            one = float.IsNaN(one) ? (float)_history[0] : Math.Clamp(one, 0, bound);
        }
    }
}
