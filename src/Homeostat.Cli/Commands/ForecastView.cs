using System.Globalization;
using Homeostat.Cli.Output;
using Homeostat.Client.Wire;
using Homeostat.Core.Forecasting;
using Homeostat.Core.Forecasting.Scoring;
using Homeostat.Core.Replay.Traces;
using Homeostat.Core.Services;

namespace Homeostat.Cli.Commands;

/// <param name="Plain">Of the last value without margin.</param>
/// <param name="Level">Mean of the values.</param>
internal sealed record ForecastScores(IReadOnlyList<ForecastRun> Runs, IReadOnlyList<ForecastLoss> Plain, double Level);

/// <summary>Scores as JSON and as a table.</summary>
internal static class ForecastView
{
    public static ForecastReport Report(string name, TraceSeries series, int scored, int first, ForecastScores scores)
    {
        var auto = scores.Runs.First(r => r.Model == ForecastModels.Auto);
        var last = scores.Runs.First(r => r.Model == ForecastModels.Last);
        var horizons = scores.Plain.Select((plain, i) => new ForecastHorizonReport(
            plain.Steps, auto.Best.ElementAtOrDefault(i), plain.Origins, plain.Mae, plain.Pinball,
            [.. scores.Runs.Select(run => Of(run, run.Losses[i], plain, last.Losses[i], scores.Level))]));
        var step = series.Step?.TotalSeconds;
        return new ForecastReport(name, series.Counts.Length - series.Filled, auto.Period, auto.Period * step, step, series.Filled, scored, first, [.. horizons]);
    }

    /// <param name="bin">What was asked for; null: nothing was.</param>
    /// <param name="leftOut">Horizons the trace is too short for.</param>
    public static void Show(Terminal terminal, ForecastReport report, TimeSpan? bin, IReadOnlyList<int> leftOut)
    {
        var step = report.StepSeconds is { } seconds ? $" of {Quantities.FormatDuration(TimeSpan.FromSeconds(seconds))}" : "";
        Say(terminal, $"{terminal.Shown(report.Trace)}: {Many(report.Points)} points{step}; {Season(report)}.");
        Say(terminal, "Errors in parts of the last value's: below 1 is better. MAE: mean absolute error; P90: pinball loss of the 0.9-quantile.");
        terminal.Out.WriteLine();
        Table(terminal, report);
        terminal.Out.WriteLine();
        Say(terminal, $"Best of late within auto: {string.Join(", ", report.Horizons.Select(h => $"{h.Chosen} ({h.Steps})"))}.");
        Say(terminal, Verdict(report));
        Notes(terminal, report, bin, leftOut);
    }

    private static void Table(Terminal terminal, ForecastReport report)
    {
        // Where the screen is narrow the middle horizons go first, and quantiles before points.
        var horizons = report.Horizons;
        TextColumn[] columns =
        [
            new("MODEL"),
            .. horizons.Select((h, i) => new TextColumn($"MAE@{h.Steps}", Right: true, Spare: i == 0 ? 0 : 10 + horizons.Count - i)),
            .. horizons.Select((h, i) => new TextColumn($"P90@{h.Steps}", Right: true, Spare: i == 0 ? 0 : 1 + horizons.Count - i)),
        ];
        var table = new TextTable(columns);
        var (leastMae, leastPinball) = (horizons.Select(h => h.Models.Min(m => m.MaeRelative)).ToList(), horizons.Select(h => h.Models.Min(m => m.PinballRelative)).ToList());
        foreach (var at in Enumerable.Range(0, horizons[0].Models.Count).OrderBy(at => horizons[0].Models[at].Model == ForecastModels.Auto ? 0 : 1).ThenBy(at => horizons.Average(h => Math.Log(h.Models[at].MaeRelative))))
        {
            TextCell[] cells =
            [
                new(horizons[0].Models[at].Model, horizons[0].Models[at].Model == ForecastModels.Auto ? Paint.Bold : Paint.None),
                .. horizons.Select((h, i) => Cell(h.Models[at].MaeRelative, leastMae[i])),
                .. horizons.Select((h, i) => Cell(h.Models[at].PinballRelative, leastPinball[i])),
            ];
            table.Row(cells);
        }

        table.WriteTo(terminal);
    }

    private static void Notes(Terminal terminal, ForecastReport report, TimeSpan? bin, IReadOnlyList<int> leftOut)
    {
        if (leftOut.Count > 0)
        {
            Say(terminal, $"Too few points for {string.Join(", ", leftOut)} steps ahead.");
        }
        if (report.Filled > 0)
        {
            Say(terminal, $"{Human.Count(report.Filled, "missing count")} filled with the one before.");
        }
        if (report.Scored < report.Points)
        {
            Say(terminal, $"Scored on the newest {Many(report.Scored)}.");
        }
        if (report.StepSeconds is { } step && step > bin?.TotalSeconds)
        {
            Say(terminal, $"The trace has one count per {Quantities.FormatDuration(TimeSpan.FromSeconds(step))}: shorter bins can't be made of it.");
        }
    }

    private static string Season(ForecastReport report) => (report.Period, report.PeriodSeconds) switch
    {
        (null, _) => "no season found",
        ({ } period, { } seconds) => $"repeats every {Many(period)} steps ({Quantities.FormatDuration(TimeSpan.FromSeconds(Math.Round(seconds)))})",
        ({ } period, _) => $"repeats every {Many(period)} steps",
    };

    private static string Verdict(ForecastReport report)
    {
        var auto = report.Horizons.Select(h => (h.Steps, Part: h.Models.First(m => m.Model == ForecastModels.Auto).MaeRelative)).ToList();
        var best = auto.MinBy(a => a.Part);
        if (best.Part > 0.98)
        {
            return "Hardly anything is more right than the last value here: what forecasting gains is its margin.";
        }
        var said = $"auto errs {(1 - best.Part) * 100:0}% less than the last value {Human.Count(best.Steps, "step")} ahead";
        return best.Steps == auto[0].Steps ? said + "." : $"{said}, {Math.Abs(1 - auto[0].Part) * 100:0}% {(auto[0].Part <= 1 ? "less" : "more")} {Human.Count(auto[0].Steps, "step")} ahead.";
    }

    private static ForecastModelReport Of(ForecastRun run, ForecastLoss loss, ForecastLoss plain, ForecastLoss calibrated, double level) => new(
        run.Model,
        Rounded(ForecastLoss.Relative(loss.Mae, plain.Mae, level)),
        Rounded(ForecastLoss.Relative(loss.Pinball, plain.Pinball, level)),
        Rounded(ForecastLoss.Relative(loss.Pinball, calibrated.Pinball, level)),
        Rounded(loss.Exceeded));

    private static double Rounded(double value) => Math.Round(value, 6);

    private static TextCell Cell(double value, double least) => new(
        value.ToString(value < 100 ? "0.00" : "0", CultureInfo.InvariantCulture), value <= least + 0.005 ? Paint.Green : Paint.None);

    private static void Say(Terminal terminal, string text) => terminal.Out.WriteLine(Human.Wrap(text, terminal.TextWidth, "", "  "));

    private static string Many(int count) => count.ToString("#,0", CultureInfo.InvariantCulture);
}
