using Homeostat.Core.Forecasting.Ensemble;
using Homeostat.Core.Forecasting.Models;

namespace Homeostat.Core.Forecasting;

/// <summary>The models by name: what a service file's <c>predict.model</c> and <c>homeostat forecast --models</c> may say. docs/architecture/forecasting.md describes each.</summary>
public static class ForecastModels
{
    /// <summary>Combines many online; what to use where nothing else is asked for.</summary>
    public const string Auto = "auto";

    /// <summary>The forecast to beat.</summary>
    public const string Last = "last";

    private const double Window = 1000;

    private static readonly (string Name, Func<ForecastOptions, IForecaster> Make)[] Makers =
    [
        (Auto, options => new AutoForecaster(options)),
        Alone(Last, _ => new LastValue()),
        Alone("smoothing", _ => new ExponentialSmoothing(0.4)),
        Alone("holt", _ => new DampedHolt(0.5, 0.1, 0.9)),
        Alone("mean", _ => new RollingMean(30)),
        Alone("median", _ => new RollingMedian(30)),
        Alone("seasonal", _ => new SeasonalModel(1, 0.8)),
        Alone("regression", horizons => new RegressionModel(horizons, new RegressionKind("", RegressionLoss.Squares, Log: false, Seasonal: false, Window))),
        Alone("regression-log", horizons => new RegressionModel(horizons, new RegressionKind("", RegressionLoss.Squares, Log: true, Seasonal: false, Window))),
        Alone("regression-absolute", horizons => new RegressionModel(horizons, new RegressionKind("", RegressionLoss.Absolute, Log: false, Seasonal: false, Window))),
        Alone("regression-seasonal", horizons => new RegressionModel(horizons, new RegressionKind("", RegressionLoss.Absolute, Log: false, Seasonal: true, Window))),
        ("quantile", options => new CalibratedForecaster("quantile", options, horizons => new RegressionModel(
            horizons,
            new RegressionKind("", RegressionLoss.Absolute, Log: false, Seasonal: true, Window),
            new RegressionKind("", RegressionLoss.Quantile, Log: false, Seasonal: true, Window),
            options.Quantile))),
        Alone("neural", horizons => new NeuralNetwork(horizons)),
        Alone("grey", _ => new RollingGrey(6)),
        Alone("grey-newest", _ => new RollingGrey(6, anchor: GreyAnchor.Newest)),
        Alone("grey-metabolic", _ => new RollingGrey(6, GreyKind.Metabolic)),
        Alone("grey-gated", _ => new RollingGrey(6, gated: true)),
    ];

    /// <summary><see cref="Auto"/> first, then from plain to odd.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Makers.Select(m => m.Name)];

    /// <exception cref="ArgumentException">There is no such model, or an option is out of its range.</exception>
    public static IForecaster Create(string model, ForecastOptions options) =>
        Array.Find(Makers, m => m.Name == model).Make?.Invoke(options) ?? throw new ArgumentException($"there is no forecast model '{model}'", nameof(model));

    private static (string, Func<ForecastOptions, IForecaster>) Alone(string name, Func<int[], IPointModel> make) =>
        (name, options => new CalibratedForecaster(name, options, make));
}
