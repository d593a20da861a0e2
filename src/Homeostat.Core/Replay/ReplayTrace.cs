using System.Globalization;
using Homeostat.Core.Replay.Traces;

namespace Homeostat.Core.Replay;

/// <summary>Which part of a trace is played, and how densely.</summary>
/// <param name="Skip">Left out at the beginning.</param>
/// <param name="Take">Played; null: all that is left.</param>
/// <param name="RequestsMax">Where there are more, every request is kept with the same probability, so that about as many are left; 1 or more.</param>
/// <param name="Step">Length of a step where the trace does not say.</param>
/// <param name="Gaps">What becomes of steps without a count.</param>
public sealed record ReplayWindow(TimeSpan Skip, TimeSpan? Take, long RequestsMax, TimeSpan Step, TraceGaps Gaps)
{
    public static ReplayWindow All { get; } = new(TimeSpan.Zero, null, 5_000_000, TimeSpan.FromMinutes(1), TraceGaps.Few);
}

/// <summary>A trace made ready to be played any number of times.</summary>
public sealed class ReplayTrace
{
    /// <summary>Two weeks: 1.2 million seconds.</summary>
    public static readonly TimeSpan SpanMax = TimeSpan.FromDays(14);

    private readonly double[] _counts;
    private readonly long[] _times;
    private readonly long _step;

    private ReplayTrace(double[] counts, long step, long[] times, DateTimeOffset origin, long length, long most)
    {
        (_counts, _step, _times, Origin, Length) = (counts, step, times, origin, TimeSpan.FromTicks(length));
        Found = counts.Length > 0 ? counts.Sum() : times.Length;
        Share = Found > most ? most / Found : 1;
    }

    /// <summary>When its first step or request was; 2000-01-01 where the trace does not say.</summary>
    public DateTimeOffset Origin { get; }

    public TimeSpan Length { get; }

    /// <summary>Requests in the part that is played.</summary>
    public double Found { get; }

    /// <summary>Of them, the part that is kept, above 0 to 1.</summary>
    public double Share { get; }

    /// <summary>The part of a trace that a window shows, or why it can't be played.</summary>
    public static (ReplayTrace? Trace, TraceProblem? Problem) From(Trace trace, ReplayWindow window)
    {
        if (trace.Kind == TraceKind.Requests)
        {
            return OfRequests(trace.Times, window);
        }

        var (series, problem) = TraceSeries.From(trace, TimeSpan.FromTicks(1), window.Gaps);
        return series is null ? (null, problem) : OfCounts(series, window);
    }

    /// <summary>Of requests counted by the second, of which those without any are left out. Of a span beyond <see cref="SpanMax"/> the end is played.</summary>
    /// <param name="seconds">Seconds since 1970 with their counts, ascending.</param>
    public static (ReplayTrace? Trace, TraceProblem? Problem) OfSeconds(IReadOnlyList<(long Second, int Count)> seconds, ReplayWindow window)
    {
        if (seconds.Count == 0)
        {
            return Nothing(TimeSpan.Zero);
        }

        var first = Math.Max(seconds[0].Second, seconds[^1].Second - (long)SpanMax.TotalSeconds);
        var counts = new double[seconds[^1].Second - first + 1];
        foreach (var (second, count) in seconds.Where(s => s.Second >= first))
        {
            counts[second - first] += count;
        }

        return OfCounts(new TraceSeries(counts, TimeSpan.FromSeconds(1), first, 0), window);
    }

    /// <summary>Makes its requests: the same ones for the same seed.</summary>
    public IArrivals Arrivals(ServiceTime serviceTime, long seed)
    {
        var random = new ReplayRandom(seed, stream: 1);
        return _counts.Length > 0 ? new CountedArrivals(_counts, _step, Share, serviceTime, random) : new TimedArrivals(_times, Length.Ticks, Share, serviceTime, random);
    }

    private static (ReplayTrace?, TraceProblem?) OfRequests(double[] seconds, ReplayWindow window)
    {
        if (seconds.Length == 0)
        {
            return Nothing(TimeSpan.Zero);
        }

        var begin = seconds[0] + window.Skip.TotalSeconds;
        var end = window.Take is { } take ? begin + take.TotalSeconds : double.PositiveInfinity;
        var times = seconds.Where(s => s >= begin && s < end).Select(s => (long)((s - begin) * TimeSpan.TicksPerSecond)).ToArray();
        return times.Length == 0
            ? Nothing(TimeSpan.FromSeconds(seconds[^1] - seconds[0]))
            : (new ReplayTrace([], 0, times, At(begin), Math.Max(times[^1], 1), window.RequestsMax), null);
    }

    private static (ReplayTrace?, TraceProblem?) OfCounts(TraceSeries series, ReplayWindow window)
    {
        var step = series.Step ?? window.Step;
        var skipped = (int)Math.Min(series.Counts.Length, window.Skip / step);
        var counts = series.Counts.Skip(skipped).Take(window.Take is { } take ? (int)Math.Min(int.MaxValue, Math.Ceiling(take / step)) : int.MaxValue).ToArray();
        return counts.Sum() <= 0
            ? Nothing(step * series.Counts.Length)
            : (new ReplayTrace(counts, step.Ticks, [], At(series.Start + (skipped * step.TotalSeconds)), counts.Length * step.Ticks, window.RequestsMax), null);
    }

    private static (ReplayTrace?, TraceProblem?) Nothing(TimeSpan length) => (null, new TraceProblem(
        0, string.Create(CultureInfo.InvariantCulture, $"no request is left to play; the trace spans {Services.Quantities.FormatDuration(length)}"), "Skip less or take more of it."));

    private static DateTimeOffset At(double seconds) =>
        seconds is > 0 and < 253_402_300_000 ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
}
