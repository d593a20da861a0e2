using Homeostat.Core.Forecasting;

namespace Homeostat.Benchmarks.Forecasts;

/// <summary>The figure of the Elastic-Docker paper: mean relative error one step ahead on ramps of 100 to 1,500 messages, from the seventh point on.</summary>
/// <param name="Errors">By model.</param>
internal sealed record RampScore(string Ramp, IReadOnlyDictionary<string, double> Errors)
{
    public static readonly string[] Models = [ForecastModels.Auto, ForecastModels.Last, "grey", "grey-newest", "regression", "neural", "holt"];

    private const int From = 6;

    public static IReadOnlyList<RampScore> All() => [.. DemandSeries.Ramps().Select(ramp =>
        new RampScore(ramp.Name, Models.ToDictionary(model => model, model => ramp.Seeds.Average(values => Error(model, values)), StringComparer.Ordinal)))];

    private static double Error(string model, double[] values)
    {
        var forecaster = ForecastModels.Create(model, new ForecastOptions([1]));
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            sum += i >= From ? Math.Abs(forecaster.Predict(1).Point - values[i]) / Math.Max(1, values[i]) : 0;
            forecaster.Observe(values[i]);
        }
        return sum / (values.Length - From);
    }
}
