namespace Homeostat.Core.Forecasting;

/// <summary>
/// Forecasts the demand of one service from its past, one number per even step of time (arrivals or concurrency per minute, say; never our own container counts, which
/// would feed a forecast on its own decisions).
/// </summary>
/// <remarks>
/// <para>How to use it: make one per service and kind of demand with <see cref="ForecastModels.Create"/>, naming every horizon that will be asked for; at the end of
/// each step give its value to <see cref="Observe"/>, also when it is 0; then ask <see cref="Predict"/>. The step is the caller's choice. A horizon is the time to
/// cover (measured start-up) in steps, rounded up, at least 1. Size by <see cref="Forecast.Quantile"/>, show <see cref="Forecast.Point"/>.</para>
/// <para>Pure and deterministic: the same values in the same order give the same forecasts to the last bit, on every machine of one architecture. Not safe for threads.
/// Memory is bounded (<see cref="Bytes"/>) and does not depend on how long it runs. After a restart it is warmed by observing the recorded past.</para>
/// </remarks>
public interface IForecaster
{
    /// <summary>The name it was made by.</summary>
    string Model { get; }

    /// <summary>Values observed since it was made.</summary>
    long Observed { get; }

    /// <summary>Steps after which demand repeats, found from the data; null: none found, none looked for.</summary>
    int? Period { get; }

    /// <summary>What it keeps, in bytes, roughly: what a copy of its state would take.</summary>
    int Bytes { get; }

    /// <summary>Takes the value of the step that has just ended.</summary>
    /// <param name="value">Finite, 0 or more; above 1e15 it counts as 1e15.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative, infinite or NaN; nothing was changed.</exception>
    void Observe(double value);

    /// <summary>What to expect in the step that ends <paramref name="steps"/> steps after the last observed one. Changes nothing, costs next to nothing.</summary>
    /// <param name="steps">One of the horizons it was made with; another is answered as the next longer one, or the longest.</param>
    /// <returns>Finite, 0 or more. Zero before the first value.</returns>
    Forecast Predict(int steps);
}

/// <param name="Point">Expected value, best by absolute error: in the middle of what may come.</param>
/// <param name="Quantile">What will be exceeded once in ten times (<see cref="ForecastOptions.Quantile"/>), never below <paramref name="Point"/>.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
public readonly record struct Forecast(double Point, double Quantile);

/// <param name="Horizons">Steps ahead that will be asked for: 1 to <see cref="HorizonMax"/>, at most <see cref="HorizonsMax"/> of them. Each costs time and memory.</param>
public sealed record ForecastOptions(IReadOnlyList<int> Horizons)
{
    public const int HorizonMax = 1440;

    public const int HorizonsMax = 8;

    /// <summary>How often the quantile shall hold: 0.5 to 0.99, default 0.9.</summary>
    public double Quantile { get; init; } = 0.9;

    /// <exception cref="ArgumentException">A horizon or the quantile is out of its range.</exception>
    internal static int[] Check(ForecastOptions options)
    {
        if (options.Horizons.Count is 0 or > HorizonsMax || options.Horizons.Any(steps => steps is < 1 or > HorizonMax))
        {
            throw new ArgumentException($"1 to {HorizonsMax} horizons of 1 to {HorizonMax} steps, not {string.Join(", ", options.Horizons)}", nameof(options));
        }
        if (!(options.Quantile is >= 0.5 and <= 0.99))
        {
            throw new ArgumentException($"the quantile must be from 0.5 to 0.99, not {options.Quantile}", nameof(options));
        }
        return [.. options.Horizons.Distinct().Order()];
    }
}
