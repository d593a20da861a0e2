namespace Homeostat.Core.Replay.Traces;

/// <summary>What a line of a trace is.</summary>
public enum TraceKind
{
    /// <summary>How many requests (or how much of anything) fell into one step of time.</summary>
    Counts,

    /// <summary>The time of one request.</summary>
    Requests,
}

/// <summary>A trace as it was read: past demand of one service, in the order of time. Made by <see cref="TraceReader"/>.</summary>
/// <param name="Format">What it was taken for, for people: <c>one count per line</c>, <c>access log</c> ...</param>
/// <param name="Counts">Of a trace of counts: finite, not negative. Empty otherwise.</param>
/// <param name="Times">
/// Seconds since 1970 (UTC). Of requests: each one's, never decreasing. Of counts: when each step began, or empty where the file does not say.
/// </param>
/// <param name="Lines">The line in the file of each count, for messages. Empty for requests.</param>
public sealed record Trace(TraceKind Kind, string Format, double[] Counts, double[] Times, int[] Lines);

/// <summary>Why a trace can't be used.</summary>
/// <param name="Line">1 for the first; 0: not about one line.</param>
/// <param name="Remedy">What to do about it.</param>
public sealed record TraceProblem(int Line, string Message, string Remedy)
{
    public override string ToString() => Line == 0 ? Message : $"line {Line}: {Message}";
}

/// <summary>A trace, or why there is none: exactly one of both.</summary>
public sealed record TraceReading(Trace? Trace, TraceProblem? Problem);

/// <summary>What reading may cost at most.</summary>
/// <param name="PointsMax">Counts or requests. A request takes 8 bytes of memory.</param>
/// <param name="LineCharactersMax">Longest line.</param>
public sealed record TraceLimits(int PointsMax = 20_000_000, int LineCharactersMax = 65_536)
{
    public static TraceLimits Usual { get; } = new();
}
