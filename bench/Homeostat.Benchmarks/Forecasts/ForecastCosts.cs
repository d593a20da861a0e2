using System.Diagnostics;
using Homeostat.Core.Forecasting;

namespace Homeostat.Benchmarks.Forecasts;

/// <summary>What forecasting costs a host with thousands of services.</summary>
/// <param name="Microseconds">Per value, all refits and looks for seasons included.</param>
/// <param name="Bytes">Of state per service.</param>
internal sealed record ForecastCosts(string Model, string Horizons, double Microseconds, int Bytes)
{
    public static IReadOnlyList<ForecastCosts> Measure(double[] values, CancellationToken cancel)
    {
        var found = new List<ForecastCosts>();
        foreach (var (model, horizons) in ForecastModels.Names.Select(m => (m, new[] { 1 })).Append((ForecastModels.Auto, [1, 2])).Append((ForecastModels.Auto, [1, 5, 15, 60])))
        {
            cancel.ThrowIfCancellationRequested();
            Walk(model, horizons, values[..Math.Min(500, values.Length)]);
            var watch = Stopwatch.StartNew();
            var bytes = Walk(model, horizons, values);
            found.Add(new ForecastCosts(model, string.Join(' ', horizons), watch.Elapsed.TotalMicroseconds / values.Length, bytes));
        }
        return found;
    }

    private static int Walk(string model, int[] horizons, double[] values)
    {
        var forecaster = ForecastModels.Create(model, new ForecastOptions(horizons));
        foreach (var value in values)
        {
            forecaster.Observe(value);
            _ = forecaster.Predict(1);
        }
        return forecaster.Bytes;
    }
}
