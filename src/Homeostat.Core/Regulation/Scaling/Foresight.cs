using Homeostat.Core.Forecasting;
using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation.Scaling;

/// <summary>
/// Looks ahead for one service: turns requests at one time into a series of minutes, forecasts the next ones, and keeps books on what its forecasts were worth.
/// Made of nothing until the first request comes; of bounded size.
/// </summary>
/// <remarks>Time is an input, which must not decrease. Not safe for concurrent use.</remarks>
public sealed class Foresight
{
    /// <summary>One step of the series. Seasons of a day are in reach of the models, and a thousand services cost a few milliseconds per second.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMinutes(1);

    /// <summary>Steps seen before anything is said.</summary>
    public const int Least = 30;

    /// <summary>Steps without any demand after which it is not waited for any more: a day, and the next one begins.</summary>
    private const int GivesUpAfter = 25 * 60;

    /// <summary>Instance-seconds that forecasts may waste before they have been of use.</summary>
    private const double Credit = 600;

    /// <summary>Books are kept of about the last three hours.</summary>
    private const double Fading = 1 - (1 / 180.0);

    private IForecaster? _forecaster;
    private PredictSpec _spec = new();
    private int _target = 1;
    private long _step = -1;
    private int _peak;
    private int _silent;
    private double _foreseen;
    private double _last;

    public ForesightBooks Books { get; private set; } = new(0, 0, 0, 0, 0);

    /// <summary>The model that forecasts now; null while nothing was ever asked of the service, or with predict.mode off.</summary>
    public string? Model => _forecaster?.Model;

    /// <summary>Steps after which demand repeats; null: none found.</summary>
    public int? Period => _forecaster?.Period;

    /// <summary>Takes on what a revision declares; another model begins anew.</summary>
    public void Use(PredictSpec spec, int target)
    {
        if (spec != _spec)
        {
            (_spec, _forecaster, _step) = (spec, null, -1);
        }

        _target = Math.Max(1, target);
    }

    /// <summary>Requests in flight and waiting, at one time since the last call.</summary>
    public void Observe(DateTimeOffset now, int requests)
    {
        if (_spec.Mode == PredictMode.Off || (_forecaster is null && requests == 0))
        {
            return;
        }

        _forecaster ??= ForecastModels.Create(_spec.Model, new ForecastOptions([1, 2]));
        var step = now.UtcTicks / Step.Ticks;
        if (_step >= 0 && step - _step > GivesUpAfter)
        {
            (_forecaster, _step, _peak) = (ForecastModels.Create(_spec.Model, new ForecastOptions([1, 2])), -1, 0);
        }

        for (_step = _step < 0 ? step : _step; _step < step; _step++)
        {
            End(_peak);
            _peak = 0;
        }

        _peak = Math.Max(_peak, requests);
    }

    /// <summary>What to expect in this step and the next; null: too little is known.</summary>
    public DemandForecast? Ahead(DateTimeOffset now)
    {
        if (_forecaster is not { Observed: >= Least } forecaster)
        {
            return null;
        }

        var (one, two) = (forecaster.Predict(1), forecaster.Predict(2));
        var raise = _spec.Mode == PredictMode.Raise && Books.WastedSeconds <= Books.UsedSeconds + Credit;
        return new DemandForecast(Math.Max(one.Point, two.Point), Math.Max(one.Quantile, two.Quantile), StepEnd(now), forecaster.Model, raise);
    }

    /// <summary>When it has something new to say; null: not before the next request.</summary>
    public DateTimeOffset? LookAgainAt(DateTimeOffset now) => _forecaster is null || _silent > GivesUpAfter ? null : StepEnd(now);

    private void End(int peak)
    {
        var (needed, wanted) = (Instances(peak), Instances(_foreseen));
        if (_forecaster!.Observed >= Least)
        {
            Books = new ForesightBooks(
                (Books.UsedSeconds * Fading) + (needed * Step.TotalSeconds),
                (Books.WastedSeconds * Fading) + (Math.Max(0, wanted - needed) * Step.TotalSeconds),
                (Books.Unforeseen * Fading) + (needed > wanted ? 1 : 0),
                (Books.Error * Fading) + Math.Abs(peak - _forecaster.Predict(1).Point),
                (Books.ErrorOfLast * Fading) + Math.Abs(peak - _last));
        }

        _silent = peak == 0 ? _silent + 1 : 0;
        _last = peak;
        _forecaster.Observe(peak);
        _foreseen = _forecaster.Predict(1).Quantile;
    }

    private int Instances(double requests) => (int)Math.Ceiling(requests / _target);

    private static DateTimeOffset StepEnd(DateTimeOffset now) => new(((now.UtcTicks / Step.Ticks) + 1) * Step.Ticks, TimeSpan.Zero);
}

/// <summary>What the forecasts of about the last three hours were worth, raised or not: the regret of listening to them, and of not listening.</summary>
/// <param name="UsedSeconds">Instance-seconds the demand needed.</param>
/// <param name="WastedSeconds">Instance-seconds the forecasts would hold beyond that.</param>
/// <param name="Unforeseen">Steps in which more came than was foreseen.</param>
/// <param name="Error">Sum of the absolute errors of the point forecasts.</param>
/// <param name="ErrorOfLast">The same for the last value, which is what one has without a model.</param>
public sealed record ForesightBooks(double UsedSeconds, double WastedSeconds, double Unforeseen, double Error, double ErrorOfLast)
{
    /// <summary>Error in terms of the last value's; null: it made none yet. Below 1 the model is worth having.</summary>
    public double? RelativeError => ErrorOfLast > 0 ? Error / ErrorOfLast : null;
}
