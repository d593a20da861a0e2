using Homeostat.Core.Replay.Charts;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>The loads and what each system did as <c>artifacts/bench/elasticity.svg</c>.</summary>
internal static class ElasticityChart
{
    public static async Task DrawAsync(ShapesExperiment shapes, CancellationToken cancel)
    {
        var systems = shapes.Outcomes.Select(o => o.System).Distinct().ToList();
        var names = shapes.Shapes.Select(s => s.Name).ToList();
        List<Chart> panels = [.. shapes.Shapes.Select(s => Instances(shapes, s))];
        panels.Add(Bars("Requests over twice the unloaded p99", "% of requests", o => o.ShareOver * 100));
        panels.Add(Bars("Instance-seconds", "seconds", o => o.InstanceSeconds));
        panels.Add(Bars("Core-seconds granted", "seconds", o => o.CoreSeconds));
        panels.Add(Bars("Wait and work, p99", "milliseconds", o => o.Latency.P99) with { Logarithmic = true });
        var path = Path.Combine("artifacts", "bench", "elasticity.svg");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(
            path,
            SvgChart.Draw("Elasticity", panels, note: $"Loads of {ShapesExperiment.Low:0} to {ShapesExperiment.High:0} requests/s of {ShapesExperiment.WorkMilliseconds:0} ms, an instance has {ShapesExperiment.Cores} cores; homeostat may raise it to {ShapesExperiment.Burst}."),
            cancel);
        Console.WriteLine($"drawn to {path}");

        BarChart Bars(string title, string unit, Func<ShapeOutcome, double> of) => new(
            title, unit, names, [.. systems.Select(system => new BarSeries(system, [.. names.Select(n => shapes.Of(system).FirstOrDefault(o => o.Shape == n) is { } o ? of(o) : (double?)null)]))]);
    }

    private static LineChart Instances(ShapesExperiment shapes, LoadShape shape)
    {
        // What the load needs, in instances at their limit: the shape itself on the same axis.
        var needed = new LineSeries("needed", [.. Enumerable.Range(0, 201).Select(i => (i / 200.0 * shapes.Length.TotalSeconds, shape.Rate(Math.Min(0.9999, i / 200.0)) * ShapesExperiment.WorkMilliseconds / 1000 / ShapesExperiment.Cores))]);
        return new LineChart(
            $"{shape.Name}: instances", "awake", "seconds",
            [.. shapes.Outcomes.Where(o => o.Shape == shape.Name).Select(o => Line(o, shapes.Length)), needed])
        {
            Stepped = true,
        };
    }

    private static LineSeries Line(ShapeOutcome outcome, TimeSpan length)
    {
        var points = outcome.Track.Points.Where(p => p.At < length).Select(p => (p.At.TotalSeconds, p.Instances)).ToList();
        return new LineSeries(outcome.System, points.Count == 0 ? points : [.. points, (length.TotalSeconds, points[^1].Instances)]);
    }
}
