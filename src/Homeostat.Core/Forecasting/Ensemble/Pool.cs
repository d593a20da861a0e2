using Homeostat.Core.Forecasting.Models;

namespace Homeostat.Core.Forecasting.Ensemble;

/// <summary>The experts of <c>auto</c>, chosen by leaving each out (docs/architecture/forecasting.md has what each is worth).</summary>
internal static class Pool
{
    /// <summary>Short memory does better than long: demand changes its ways.</summary>
    public const double PointHalfLife = 50;

    public const double QuantileHalfLife = 100;

    private const double Short = 500;
    private const double Long = 2000;

    public static IReadOnlyList<RegressionKind> Points { get; } =
    [
        new("lad", RegressionLoss.Absolute, Log: false, Seasonal: false, Short),
        new("lad-long", RegressionLoss.Absolute, Log: false, Seasonal: false, Long),
        new("regression-log", RegressionLoss.Squares, Log: true, Seasonal: false, Long),
        new("lad-log", RegressionLoss.Absolute, Log: true, Seasonal: false, Long),
        new("lad-seasonal", RegressionLoss.Absolute, Log: false, Seasonal: true, Short),
        new("lad-seasonal-long", RegressionLoss.Absolute, Log: false, Seasonal: true, Long),
        new("regression-log-seasonal", RegressionLoss.Squares, Log: true, Seasonal: true, Long),
        new("lad-log-seasonal", RegressionLoss.Absolute, Log: true, Seasonal: true, Short),
        new("lad-log-seasonal-long", RegressionLoss.Absolute, Log: true, Seasonal: true, Long),
    ];

    public static IReadOnlyList<RegressionKind> Quantiles { get; } =
    [
        new("quantile", RegressionLoss.Quantile, Log: false, Seasonal: false, Long),
        new("quantile-log", RegressionLoss.Quantile, Log: true, Seasonal: false, Long),
        new("quantile-seasonal", RegressionLoss.Quantile, Log: false, Seasonal: true, Long),
        new("quantile-log-seasonal", RegressionLoss.Quantile, Log: true, Seasonal: true, Long),
    ];

    public static IReadOnlyList<string> SharedNames { get; } =
        ["last", "smoothing", "smoothing-slow", "holt", "median10", "median30", "mean30", "line", "grey4", "grey", "seasonal", "seasonal-deviation", "seasonal-mean"];

    /// <summary>Models of all horizons, in the order of their names.</summary>
    public static IReadOnlyList<IPointModel> Shared(History history, Func<int?> period) =>
    [
        new LastValue(),
        new ExponentialSmoothing(0.4),
        new ExponentialSmoothing(0.1),
        new DampedHolt(0.5, 0.1, 0.9),
        new RollingMedian(10),
        new RollingMedian(30),
        new RollingMean(30),
        new RollingLine(6),
        new RollingGrey(4),
        new RollingGrey(6),
        new SeasonalLags(history, period, 1, 0),
        new SeasonalLags(history, period, 1, 0.8),
        new SeasonalLags(history, period, 3, 0.8),
    ];
}
