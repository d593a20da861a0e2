using System.CommandLine;
using System.Globalization;
using Homeostat.Cli.Output;
using Homeostat.Core.Forecasting;
using Homeostat.Core.Forecasting.Scoring;
using Homeostat.Core.Replay.Traces;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat forecast</c>: how predictable past demand is, by which model. Needs no platform.</summary>
internal static class ForecastCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var trace = new Argument<string>("trace") { Description = "File with past demand: counts or times of requests, an access log; plain or gzip; - for standard input" };
        var options = new ForecastArguments();
        var command = new Command("forecast", "Scores the forecast models on past demand: how wrong each is beside the last value") { trace };
        options.AddTo(command);
        command.SetAction((parsed, cancel) => RunAsync(parsed, terminal, globals, parsed.GetValue(trace)!, options, cancel));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Terminal terminal, GlobalOptions globals, string name, ForecastArguments options, CancellationToken cancel)
    {
        var (models, horizons, gaps, bin) = (options.Models(parsed), options.Horizons(parsed), options.Gaps(parsed), options.Bin(parsed));
        var (series, problem) = Open(terminal, name, bin, gaps);
        if (problem is not null)
        {
            terminal.Error(problem.Line == 0 ? $"{name}: {problem.Message}" : $"{name}:{problem.Line.ToString(CultureInfo.InvariantCulture)}: {problem.Message}", problem.Remedy);
            return ExitCodes.Failure;
        }

        var used = series!.Counts.Length > ForecastArguments.ScoredMax ? series.Counts[^ForecastArguments.ScoredMax..] : series.Counts;
        var first = ForecastScoring.FirstOrigin(used.Length);
        if (ForecastArguments.Fitting(horizons, used.Length, first, options.IsGiven(parsed)) is not { Length: > 0 } fitting)
        {
            terminal.Error(
                $"{name}: {Human.Count(used.Length, "point")} {(used.Length == 1 ? "is" : "are")} too few to score {Human.Count(horizons[0], "step")} ahead; it needs {ForecastArguments.PointsNeeded(horizons[0])}",
                "Use a longer trace, shorter bins (--bin, for times of requests) or shorter horizons (--horizons).");
            return ExitCodes.Failure;
        }

        var runs = await Progress.ShowAsync(terminal, $"scoring {Human.Count(models.Count, "model")} on {Human.Count(used.Length, "point")}", () => Task.Run(() => Score(models, used, fitting, first, cancel), cancel));
        var report = ForecastView.Report(name, series, used.Length, first, new ForecastScores(runs, ForecastScoring.PlainLast(used, new ForecastOptions(fitting), first), used.Average()));
        if (globals.Json(parsed))
        {
            JsonOutput.Write(terminal, report);
            return ExitCodes.Ok;
        }

        ForecastView.Show(terminal, report, options.IsBinGiven(parsed) ? bin : null, horizons.Except(fitting).ToList());
        return ExitCodes.Ok;
    }

    /// <summary>Models are scored side by side; each alone is deterministic, so all are.</summary>
    private static ForecastRun[] Score(IReadOnlyList<string> models, double[] values, int[] horizons, int first, CancellationToken cancel)
    {
        var runs = new ForecastRun[models.Count];
        Parallel.For(0, models.Count, new ParallelOptions { CancellationToken = cancel }, i => runs[i] = ForecastScoring.Run(models[i], values, new ForecastOptions(horizons), first));
        return runs;
    }

    private static (TraceSeries? Series, TraceProblem? Problem) Open(Terminal terminal, string name, TimeSpan bin, TraceGaps gaps)
    {
        var (read, problem) = TraceFile.Read(terminal, name, ForecastArguments.Limits);
        return read is null ? (null, problem) : TraceSeries.From(read, bin, gaps);
    }
}
