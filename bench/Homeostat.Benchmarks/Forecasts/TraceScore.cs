using Homeostat.Core.Forecasting;
using Homeostat.Core.Forecasting.Scoring;

namespace Homeostat.Benchmarks.Forecasts;

/// <summary>All models on one trace.</summary>
internal sealed record TraceScore(ForecastTrace Trace, IReadOnlyList<ForecastRun> Runs, IReadOnlyList<ForecastLoss> Plain)
{
    public static readonly int[] Horizons = [1, 5, 15, 60];

    public static TraceScore Of(ForecastTrace trace, IReadOnlyList<string> models)
    {
        var options = new ForecastOptions(Horizons);
        return new TraceScore(
            trace, [.. models.Select(model => ForecastScoring.Run(model, trace.Values, options, trace.FirstOrigin))], ForecastScoring.PlainLast(trace.Values, options, trace.FirstOrigin));
    }

    public int? Period => Runs[0].Period;

    public double Mae(string model, int at) => Run(model).Losses[at].Mae / Plain[at].Mae;

    public double Pinball(string model, int at) => Run(model).Losses[at].Pinball / Plain[at].Pinball;

    /// <summary>Beside the last value with a margin of its own.</summary>
    public double Calibrated(string model, int at) => Run(model).Losses[at].Pinball / Run(ForecastModels.Last).Losses[at].Pinball;

    public double Exceeded(string model, int at) => Run(model).Losses[at].Exceeded;

    /// <summary>The least of any single model, known only afterwards.</summary>
    public double BestSingle(int at) => Runs.Where(r => r.Model != ForecastModels.Auto).Min(r => r.Losses[at].Mae) / Plain[at].Mae;

    private ForecastRun Run(string model) => Runs.First(r => r.Model == model);
}
