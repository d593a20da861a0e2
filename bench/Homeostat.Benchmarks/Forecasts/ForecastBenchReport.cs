using Homeostat.Benchmarks.Reporting;
using Homeostat.Core.Forecasting;
using Homeostat.Core.Replay.Charts;

namespace Homeostat.Benchmarks.Forecasts;

/// <summary>Tables, goals and chart of the forecast benchmark.</summary>
internal static class ForecastBenchReport
{
    private const string Auto = ForecastModels.Auto;

    /// <summary>Shown in the chart: more would hide them all.</summary>
    private static readonly string[] Drawn = [Auto, "smoothing", "seasonal", "regression", "neural", "grey"];

    public static BenchReport Compose(string name, IReadOnlyList<TraceScore> scores, IReadOnlyList<RampScore> ramps, IReadOnlyList<ForecastCosts> costs)
    {
        var recorded = scores.Where(s => s.Trace.IsRecorded).ToList();
        BenchTable[] tables =
        [
            .. TraceScore.Horizons.Select((steps, at) => PerTrace($"Mean absolute error / last value, {steps} step{(steps == 1 ? "" : "s")} ahead", scores, s => s.Mae, at)),
            .. TraceScore.Horizons.Select((steps, at) => PerTrace($"Pinball loss 0.9 / plain last value, {steps} step{(steps == 1 ? "" : "s")} ahead", scores, s => s.Pinball, at)),
            OfAuto(scores),
            Overall("All recorded traces and horizons", recorded),
            Overall("All generated series and horizons", [.. scores.Where(s => !s.Trace.IsRecorded)]),
            Ramps(ramps),
            Costs(costs),
        ];
        return new BenchReport(name, DateTimeOffset.UtcNow, HostFacts.Collect(), [.. tables.Where(t => t.Rows.Count > 0)], [.. Goals(recorded, ramps, costs)]);
    }

    public static string Draw(IReadOnlyList<TraceScore> scores)
    {
        var names = scores.Select(s => s.Trace.Name).ToList();
        Chart Panel(string title, int at, Func<TraceScore, Func<string, int, double>> measure) =>
            new BarChart(title, "relative to the last value; lower is better", names, [.. Drawn.Select(m => new BarSeries(m, [.. scores.Select(s => (double?)measure(s)(m, at))]))]) { Reference = 1, Ceiling = 2 };
        Chart[] panels =
        [
            .. TraceScore.Horizons.SelectMany((steps, at) => new[]
            {
                Panel($"Mean absolute error, {steps} step{(steps == 1 ? "" : "s")} ahead", at, s => s.Mae),
                Panel($"Pinball loss of the 0.9-quantile, {steps} step{(steps == 1 ? "" : "s")} ahead", at, s => s.Pinball),
            }),
        ];
        return SvgChart.Draw("Forecasts beside the last value", panels, columns: 2, panelWidth: 760, panelHeight: 290, note: "The dashed line is the last value without margin. Bars with an arrow go beyond the panel.");
    }

    private static BenchTable PerTrace(string title, IReadOnlyList<TraceScore> scores, Func<TraceScore, Func<string, int, double>> measure, int at) => new(
        title, ["series", .. ForecastModels.Names],
        [.. scores.Select(s => new BenchRow(s.Trace.Name, [.. ForecastModels.Names.Select(m => (double?)measure(s)(m, at))]))]);

    private static BenchTable OfAuto(IReadOnlyList<TraceScore> scores) => new(
        "auto, per series: MAE, beside the best single model in hindsight, pinball beside the calibrated last value, share above the quantile",
        ["series", "period", .. TraceScore.Horizons.Select(h => $"MAE@{h}"), .. TraceScore.Horizons.Select(h => $"/best@{h}"), .. TraceScore.Horizons.Select(h => $"P90@{h}"), .. TraceScore.Horizons.Select(h => $"above@{h}")],
        [.. scores.Select(s => new BenchRow(s.Trace.Name,
        [
            s.Period, .. Each(at => s.Mae(Auto, at)), .. Each(at => s.Mae(Auto, at) / s.BestSingle(at)), .. Each(at => s.Calibrated(Auto, at)), .. Each(at => s.Exceeded(Auto, at)),
        ]))]);

    private static BenchTable Overall(string title, List<TraceScore> scores) => new(
        title, ["model", "MAE", "worst", "above 1", "pinball / plain", "pinball / calibrated", "worst ", "above quantile"],
        scores.Count == 0 ? [] : [.. ForecastModels.Names.Select(m => new BenchRow(m,
        [
            Mean(All(scores, (s, at) => s.Mae(m, at))), All(scores, (s, at) => s.Mae(m, at)).Max(), All(scores, (s, at) => s.Mae(m, at)).Count(v => v > 1),
            Mean(All(scores, (s, at) => s.Pinball(m, at))), Mean(All(scores, (s, at) => s.Calibrated(m, at))), All(scores, (s, at) => s.Calibrated(m, at)).Max(),
            All(scores, (s, at) => s.Exceeded(m, at)).Average(),
        ]))]);

    private static BenchTable Ramps(IReadOnlyList<RampScore> ramps) => new(
        "Ramps of 100..1,500 messages: mean relative error one step ahead, in percent", ["ramp", .. RampScore.Models],
        [.. ramps.Select(r => new BenchRow(r.Ramp, [.. RampScore.Models.Select(m => (double?)(100 * r.Errors[m]))]))]);

    private static BenchTable Costs(IReadOnlyList<ForecastCosts> costs) => new(
        "Cost per service (daily series of 4,000 values)", ["model, horizons", "us per value", "kB of state"],
        [.. costs.Select(c => new BenchRow($"{c.Model}, {c.Horizons}", [c.Microseconds, c.Bytes / 1000.0]))]);

    private static IEnumerable<BenchGoal> Goals(List<TraceScore> recorded, IReadOnlyList<RampScore> ramps, IReadOnlyList<ForecastCosts> costs)
    {
        if (recorded.Count > 0)
        {
            yield return new BenchGoal("auto, MAE / last value, geometric mean", 0.66, Mean(All(recorded, (s, at) => s.Mae(Auto, at))), "");
            yield return new BenchGoal("the same, worst series and horizon", 1.00, All(recorded, (s, at) => s.Mae(Auto, at)).Max(), "");
            yield return new BenchGoal("auto, MAE / best single model in hindsight, geometric mean", 1.02, Mean(All(recorded, (s, at) => s.Mae(Auto, at) / s.BestSingle(at))), "");
            yield return new BenchGoal("auto, pinball / plain last value, geometric mean", 0.41, Mean(All(recorded, (s, at) => s.Pinball(Auto, at))), "");
            yield return new BenchGoal("auto, pinball / calibrated last value, worst", 1.05, All(recorded, (s, at) => s.Calibrated(Auto, at)).Max(), "");
        }
        foreach (var ramp in ramps)
        {
            yield return new BenchGoal($"auto on the ramp '{ramp.Ramp}', at most max(grey, 1%)", 100 * Math.Max(0.01, ramp.Errors["grey"]), 100 * ramp.Errors[Auto], "%");
        }
        yield return new BenchGoal("auto, per value and service, one horizon", 1000, costs.First(c => c.Model == Auto).Microseconds, "us");
        yield return new BenchGoal("auto, state per service, one horizon", 100, costs.First(c => c.Model == Auto).Bytes / 1000.0, "kB");
    }

    private static IEnumerable<double?> Each(Func<int, double> measure) => TraceScore.Horizons.Select((_, at) => (double?)measure(at));

    private static List<double> All(IReadOnlyList<TraceScore> scores, Func<TraceScore, int, double> measure) =>
        [.. scores.SelectMany(s => TraceScore.Horizons.Select((_, at) => measure(s, at)))];

    private static double Mean(List<double> values) => Math.Exp(values.Average(Math.Log));
}
