using System.Globalization;

namespace Homeostat.Core.Replay.Traces;

/// <summary>What becomes of steps without a count.</summary>
public enum TraceGaps
{
    /// <summary>A few are filled with the count before them: at most one step in 400, and three in a row. More are an error.</summary>
    Few,

    /// <summary>Any number is filled with the count before them.</summary>
    Fill,

    /// <summary>Any number is filled with 0.</summary>
    Zero,

    /// <summary>The steps on both sides are taken as neighbours.</summary>
    Skip,
}

/// <summary>Demand in even steps: what forecasts and replays by the minute work on.</summary>
/// <param name="Counts">One per step; finite, not negative.</param>
/// <param name="Step">Null where the trace does not say.</param>
/// <param name="Start">When the first step begins, seconds since 1970; 0 where unknown.</param>
/// <param name="Filled">How many of <paramref name="Counts"/> were missing in the trace.</param>
public sealed record TraceSeries(double[] Counts, TimeSpan? Step, double Start, int Filled)
{
    /// <summary>More steps than this are not made from a trace: requests a year apart in bins of a second would be.</summary>
    public const int StepsMax = 20_000_000;

    private const int InARowMax = 3;
    private const int OneIn = 400;

    /// <summary>
    /// Requests are counted in bins, which begin at multiples of the bin since 1970; the last, begun one is kept. Counts are summed where <paramref name="bin"/> is a
    /// multiple of their step (a begun last sum is left out), else stay as they are.
    /// </summary>
    /// <param name="bin">Length of a step; more than 0. Counts without times have no length, it says nothing about them.</param>
    public static (TraceSeries? Series, TraceProblem? Problem) From(Trace trace, TimeSpan bin, TraceGaps gaps = TraceGaps.Few)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(bin, TimeSpan.Zero);
        if (trace.Kind == TraceKind.Requests)
        {
            return OfRequests(trace.Times, bin);
        }
        if (trace.Times.Length < 2)
        {
            return (new TraceSeries(trace.Counts, null, trace.Times.FirstOrDefault(), 0), null);
        }
        var (series, problem) = OfCounts(trace, gaps);
        return (series is null ? null : Summed(series, bin), problem);
    }

    /// <summary>Steps of <paramref name="many"/> steps each; what is left over at the end is dropped.</summary>
    public TraceSeries Sums(int many) => this with
    {
        Counts = [.. Enumerable.Range(0, Counts.Length / many).Select(i => Counts.AsSpan(i * many, many).ToArray().Sum())],
        Step = Step * many,
    };

    private static TraceSeries Summed(TraceSeries series, TimeSpan bin)
    {
        var many = bin / series.Step!.Value;
        return many >= 1.5 && Math.Abs(many - Math.Round(many)) < 1e-6 ? series.Sums((int)Math.Round(many)) : series;
    }

    private static (TraceSeries?, TraceProblem?) OfRequests(double[] times, TimeSpan bin)
    {
        if (times.Length == 0)
        {
            return (new TraceSeries([], bin, 0, 0), null);
        }
        var start = Math.Floor(times[0] / bin.TotalSeconds);
        var steps = Math.Floor(times[^1] / bin.TotalSeconds) - start + 1;
        if (steps > StepsMax)
        {
            return (null, new TraceProblem(0, string.Create(CultureInfo.InvariantCulture, $"the requests span {steps:#,0} bins"), "Use longer bins."));
        }
        var counts = new double[(int)steps];
        foreach (var time in times)
        {
            counts[(int)(Math.Floor(time / bin.TotalSeconds) - start)]++;
        }
        return (new TraceSeries(counts, bin, start * bin.TotalSeconds, 0), null);
    }

    private static (TraceSeries?, TraceProblem?) OfCounts(Trace trace, TraceGaps gaps)
    {
        var times = trace.Times;
        var step = StepOf(times);
        var (counts, filled, longest) = (new List<double>(trace.Counts.Length) { trace.Counts[0] }, 0, (Missing: 0, At: 0));
        for (var i = 1; i < times.Length; i++)
        {
            var steps = (times[i] - times[i - 1]) / step;
            if (steps < 0.5)
            {
                return (null, new TraceProblem(trace.Lines[i], steps <= 0 ? $"{TraceTime.Show(times[i])} is not after the line before" : Uneven(times[i], step), "Counts stand in the order of time, one per step."));
            }
            if (Math.Abs(steps - Math.Round(steps)) > 0.1 * Math.Max(1, steps / 10) && gaps != TraceGaps.Skip)
            {
                return (null, new TraceProblem(trace.Lines[i], Uneven(times[i], step), "Counts are one per step of the same length; --gaps skip takes the lines as they are."));
            }
            var missing = (int)Math.Min(Math.Round(steps) - 1, StepsMax);
            longest = missing > longest.Missing ? (missing, i) : longest;
            if (missing > 0 && gaps != TraceGaps.Skip)
            {
                filled += missing;
                if (filled > StepsMax)
                {
                    break;
                }
                counts.AddRange(Enumerable.Repeat(gaps == TraceGaps.Zero ? 0 : trace.Counts[i - 1], missing));
            }
            counts.Add(trace.Counts[i]);
        }
        var allowed = gaps switch { TraceGaps.Few => times.Length / OneIn, _ => StepsMax - times.Length };
        return filled > allowed || (gaps == TraceGaps.Few && longest.Missing > InARowMax)
            ? (null, TooMany(trace, longest, filled, step))
            : (new TraceSeries([.. counts], TimeSpan.FromSeconds(step), times[0], filled), null);
    }

    private static TraceProblem TooMany(Trace trace, (int Missing, int At) longest, int filled, double step) => new(
        trace.Lines[longest.At],
        string.Create(CultureInfo.InvariantCulture, $"a gap: {longest.Missing} step{(longest.Missing == 1 ? "" : "s")} of {step:0.###} s missing before {TraceTime.Show(trace.Times[longest.At])}, {filled:#,0} in the whole trace"),
        "--gaps fill repeats the count before a gap, --gaps zero counts nothing there, --gaps skip joins both sides.");

    private static string Uneven(double time, double step) => string.Create(CultureInfo.InvariantCulture, $"{TraceTime.Show(time)} is not on a step of {step:0.###} s");

    /// <summary>The distance that is most common: the median, as gaps are few.</summary>
    private static double StepOf(double[] times)
    {
        var steps = new double[times.Length - 1];
        for (var i = 0; i < steps.Length; i++)
        {
            steps[i] = times[i + 1] - times[i];
        }
        Array.Sort(steps);
        var middle = steps[steps.Length / 2];
        return middle > 0 ? middle : Array.Find(steps, s => s > 0) is > 0 and var first ? first : 1;
    }
}
