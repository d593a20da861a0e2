using Homeostat.Benchmarks.Reporting;
using Homeostat.Core.Forecasting;

namespace Homeostat.Benchmarks.Forecasts;

/// <summary>
/// The forecast models on recorded and generated demand, 1, 5, 15 and 60 steps ahead, beside the last value; the paper's ramps; and what forecasting costs.
/// </summary>
internal sealed class ForecastBenchmark : IBenchmark
{
    public string Name => "forecast";

    public string Summary => "forecast models on traces, on the paper's ramps, and what they cost";

    public async Task<BenchReport> RunAsync(IReadOnlyList<string> args, CancellationToken cancel)
    {
        var options = ForecastBenchOptions.Parse(args);
        var scores = new List<TraceScore>();
        foreach (var trace in ForecastTrace.All(options.Folder).Where(t => options.Traces?.Any(part => t.Name.Contains(part, StringComparison.Ordinal)) != false))
        {
            cancel.ThrowIfCancellationRequested();
            var started = System.Diagnostics.Stopwatch.StartNew();
            scores.Add(TraceScore.Of(trace, ForecastModels.Names));
            await Console.Error.WriteLineAsync($"{trace.Name}: {trace.Values.Length:#,0} values, {ForecastModels.Names.Count} models in {started.Elapsed.TotalSeconds:0.0} s");
        }

        var report = ForecastBenchReport.Compose(Name, scores, RampScore.All(), ForecastCosts.Measure(DemandSeries.All().First(s => s.Name.Contains("daily", StringComparison.Ordinal)).Values, cancel));
        var chart = Path.Combine("artifacts", "bench", Name + ".svg");
        Directory.CreateDirectory(Path.GetDirectoryName(chart)!);
        await File.WriteAllTextAsync(chart, ForecastBenchReport.Draw(scores), cancel);
        await Console.Error.WriteLineAsync($"drawn in {chart}");
        return report;
    }
}

/// <summary>What <c>./run bench forecast</c> takes.</summary>
/// <param name="Folder">Where recorded traces are looked for.</param>
/// <param name="Traces">Parts of their names. Default: all.</param>
internal sealed record ForecastBenchOptions(string Folder, IReadOnlyList<string>? Traces)
{
    /// <exception cref="FormatException">An option that is not known or has no value.</exception>
    public static ForecastBenchOptions Parse(IReadOnlyList<string> args)
    {
        var options = new ForecastBenchOptions(Path.GetFullPath("../shared/traces"), null);
        for (var i = 0; i < args.Count; i += 2)
        {
            var value = i + 1 < args.Count ? args[i + 1] : throw new FormatException($"{args[i]} needs a value");
            options = args[i] switch
            {
                "--folder" => options with { Folder = value },
                "--traces" => options with { Traces = value.Split(',') },
                _ => throw new FormatException($"there is no option {args[i]}; known: --folder, --traces"),
            };
        }

        return options;
    }
}
