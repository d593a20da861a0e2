using System.Globalization;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>One request of a load.</summary>
/// <param name="Scheduled">When it was due, from the start of the load.</param>
/// <param name="Sent">When it was written, from the start of the load.</param>
/// <param name="Latency">From when it was due to the last byte: a generator or a server that is late makes it longer, nothing is left out.</param>
/// <param name="Tries">Connections it took: more than one where an instance went away in the middle of it.</param>
/// <param name="Answer">What the sample <c>work</c> answered: its host name, when it began (microseconds since 1970), a number; null: nobody did, or not with 200.</param>
internal readonly record struct LoadResult(TimeSpan Scheduled, TimeSpan Sent, TimeSpan Latency, string? Answer, int Tries = 1)
{
    public bool Failed => Answer is null;

    public string? Instance => Answer is null ? null : InstanceOf(Answer);

    /// <summary>When the instance began with it; null: not answered.</summary>
    public DateTimeOffset? BegunAt => Answer?.Split(' ') is [_, var microseconds, ..] ? DateTimeOffset.UnixEpoch.AddMicroseconds(long.Parse(microseconds, CultureInfo.InvariantCulture)) : null;

    public TimeSpan Ended => Scheduled + Latency;

    public static string InstanceOf(string answer) => answer.Split(' ')[0];

    /// <summary>Share of requests that failed or took longer than a bound, 0..1; NaN without requests.</summary>
    public static double ShareOver(IReadOnlyCollection<LoadResult> results, TimeSpan bound) =>
        results.Count == 0 ? double.NaN : results.Count(r => r.Failed || r.Latency > bound) / (double)results.Count;
}
