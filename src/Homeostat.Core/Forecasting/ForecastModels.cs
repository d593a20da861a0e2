using Homeostat.Core.Forecasting.Ensemble;
using Homeostat.Core.Forecasting.Models;

namespace Homeostat.Core.Forecasting;

/// <summary>The models by name: what a service file's <c>predict.model</c> and <c>homeostat forecast --models</c> may say.</summary>
public static class ForecastModels
{
    /// <summary>Combines all others online; what to use where nothing else is asked for.</summary>
    public const string Auto = "auto";

    private static readonly SortedDictionary<string, Func<ForecastOptions, IForecaster>> Makers = new(StringComparer.Ordinal)
    {
        [Auto] = options => new AutoForecaster(options),
        ["last"] = options => new CalibratedForecaster("last", options, _ => new LastValue()),
    };

    public static IReadOnlyList<string> Names { get; } = [.. Makers.Keys];

    /// <exception cref="ArgumentException">There is no such model, or an option is out of its range.</exception>
    public static IForecaster Create(string model, ForecastOptions options) => Makers.TryGetValue(model, out var make)
        ? make(options)
        : throw new ArgumentException($"there is no forecast model '{model}'", nameof(model));
}
