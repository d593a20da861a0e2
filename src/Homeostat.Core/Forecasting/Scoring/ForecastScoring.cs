using Homeostat.Core.Forecasting.Ensemble;

namespace Homeostat.Core.Forecasting.Scoring;

/// <summary>How wrong a model was at one horizon, mean over the origins.</summary>
/// <param name="Mae">Mean absolute error of the point, in the unit of the values.</param>
/// <param name="Pinball">Mean pinball loss of the quantile: an error above it costs as much as nine below, at 0.9.</param>
/// <param name="Exceeded">Share of values above the quantile: 0.1 would be right at 0.9.</param>
/// <param name="Origins">Forecasts that were scored.</param>
public sealed record ForecastLoss(int Steps, double Mae, double Pinball, double Exceeded, int Origins)
{
    /// <summary>This loss in parts of another: below 1 is better. Where both are nothing (a series that does not move) it is 1; the smallest losses count as a millionth of the level.</summary>
    public static double Relative(double loss, double other, double level)
    {
        var least = Math.Max(1e-12, Math.Abs(level) * 1e-6);
        return (loss + least) / (other + least);
    }
}

/// <param name="Period">The season it had found at the end; null: none.</param>
/// <param name="Bytes">Of its state at the end.</param>
/// <param name="Best">Of <c>auto</c>: per horizon, the expert that was best of late at the most origins.</param>
public sealed record ForecastRun(string Model, int? Period, int Bytes, IReadOnlyList<ForecastLoss> Losses, IReadOnlyList<string> Best);

/// <summary>
/// Scores models as they would have done live: each value is observed in turn, each forecast made before what it is about is known (rolling origin). All models of
/// a comparison must be scored on the same origins.
/// </summary>
public static class ForecastScoring
{
    /// <summary>The first forecast scored where nothing else is asked for: a third of the values are for learning, at most 1,000.</summary>
    public static int FirstOrigin(int count) => Math.Min(count / 3, 1000);

    /// <param name="values">Finite, not negative, in the order of time.</param>
    /// <param name="firstOrigin">Index of the value after whose observation the first scored forecast is made.</param>
    public static ForecastRun Run(string model, IReadOnlyList<double> values, ForecastOptions options, int firstOrigin)
    {
        var forecaster = ForecastModels.Create(model, options);
        var horizons = ForecastOptions.Check(options);
        var tallies = Array.ConvertAll(horizons, steps => new Tally(steps, options.Quantile, firstOrigin));
        foreach (var value in values)
        {
            forecaster.Observe(value);
            foreach (var tally in tallies)
            {
                tally.Observe(value, forecaster.Predict(tally.Steps), (forecaster as AutoForecaster)?.Best(tally.Steps));
            }
        }
        return new ForecastRun(model, forecaster.Period, forecaster.Bytes, [.. tallies.Select(t => t.Loss)], [.. tallies.Select(t => t.Best).OfType<string>()]);
    }

    /// <summary>The last value as point and as quantile, without a margin: what all are measured by.</summary>
    public static IReadOnlyList<ForecastLoss> PlainLast(IReadOnlyList<double> values, ForecastOptions options, int firstOrigin)
    {
        var tallies = Array.ConvertAll(ForecastOptions.Check(options), steps => new Tally(steps, options.Quantile, firstOrigin));
        foreach (var value in values)
        {
            foreach (var tally in tallies)
            {
                tally.Observe(value, new Forecast(value, value), null);
            }
        }
        return [.. tallies.Select(t => t.Loss)];
    }

    private sealed class Tally(int steps, double quantile, int firstOrigin)
    {
        private readonly Forecast[] _waiting = new Forecast[steps];
        private readonly SortedDictionary<string, int> _bests = new(StringComparer.Ordinal);
        private double _absolute;
        private double _pinball;
        private int _above;
        private int _scored;
        private int _seen;

        public int Steps => steps;

        public ForecastLoss Loss => new(steps, _absolute / Math.Max(1, _scored), _pinball / Math.Max(1, _scored), (double)_above / Math.Max(1, _scored), _scored);

        public string? Best => _bests.Count == 0 ? null : _bests.MaxBy(b => b.Value).Key;

        public void Observe(double value, Forecast forecast, string? best)
        {
            var slot = _seen % steps;
            if (_seen - steps >= firstOrigin)
            {
                var made = _waiting[slot];
                var over = value - made.Quantile;
                _absolute += Math.Abs(value - made.Point);
                _pinball += over > 0 ? quantile * over : (quantile - 1) * over;
                _above += over > 0 ? 1 : 0;
                _scored++;
            }
            if (best is not null && _seen >= firstOrigin)
            {
                _bests[best] = _bests.GetValueOrDefault(best) + 1;
            }
            _waiting[slot] = forecast;
            _seen++;
        }
    }
}
