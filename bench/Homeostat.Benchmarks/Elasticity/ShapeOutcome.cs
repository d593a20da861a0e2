using Homeostat.Benchmarks.Reporting;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>One load under one system.</summary>
/// <param name="ShareOver">Of requests that took longer than twice the unloaded p99, or failed; 0..1.</param>
/// <param name="Latency">Milliseconds from when a request was due.</param>
/// <param name="CoreSeconds">CPU limits given out, over time.</param>
/// <param name="Failed">Requests without an answer.</param>
/// <param name="TriedAgain">Requests that lost their instance and were answered by another.</param>
internal sealed record ShapeOutcome(
    string Shape, string System, double ShareOver, Sample Latency, double InstanceSeconds, double CoreSeconds, int Failed, int TriedAgain, CapacityTrack Track)
{
    public static ShapeOutcome Of(string shape, string system, LoadResult[] results, TimeSpan bound, TimeSpan length, CapacityTrack track)
    {
        var latency = new Sample();
        foreach (var result in results)
        {
            latency.Add(result.Latency);
        }

        var (instances, cores) = track.Sum(length);
        return new ShapeOutcome(
            shape, system, LoadResult.ShareOver(results, bound), latency, instances, cores, results.Count(r => r.Failed), results.Count(r => r.Tries > 1 && !r.Failed), track);
    }
}
