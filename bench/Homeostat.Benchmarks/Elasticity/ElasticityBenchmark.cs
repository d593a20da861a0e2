using Homeostat.Benchmarks.Reporting;
using Homeostat.Benchmarks.Wake;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>How fast a service grows under load, live on this host: the experiments of FastContainer, beside a fixed pool and a polling autoscaler on Docker Swarm.</summary>
internal sealed class ElasticityBenchmark : IBenchmark
{
    public string Name => "elasticity";

    public string Summary => "overload to second instance and to raised limit, four loads beside a fixed pool and polling autoscalers, cost of regulation";

    public async Task<BenchReport> RunAsync(IReadOnlyList<string> args, CancellationToken cancel)
    {
        var options = ElasticityOptions.Parse(args);
        var work = Directory.CreateTempSubdirectory("homeostat-bench-");
        // The pool of threads shall not grow while it is measured.
        ThreadPool.SetMinThreads(64, 64);
        try
        {
            return await MeasureAsync(options, work.FullName, cancel);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private async Task<BenchReport> MeasureAsync(ElasticityOptions options, string work, CancellationToken cancel)
    {
        var host = HostFacts.Collect();
        await using var platform = await PlatformUnderTest.StartAsync(options.Product, Path.Combine(work, "data"), cancel);
        var report = new ElasticityReport(Name, host);
        if (options.Parts.Contains('a', StringComparison.Ordinal))
        {
            var burst = new BurstExperiment(platform, options);
            await burst.RunAsync(cancel);
            report.Add(burst);
        }

        if (options.Parts.Contains('b', StringComparison.Ordinal))
        {
            var raise = new RaiseExperiment(platform, options);
            await raise.RunAsync(cancel);
            report.Add(raise);
        }

        if (options.Parts.Contains('d', StringComparison.Ordinal))
        {
            var overhead = new OverheadExperiment(platform, options);
            await overhead.RunAsync(cancel);
            report.Add(overhead);
        }

        if (options.Parts.Contains('c', StringComparison.Ordinal))
        {
            var shapes = new ShapesExperiment(platform, options, Path.Combine(work, "docker"));
            await shapes.RunAsync(cancel);
            report.Add(shapes);
            await ElasticityChart.DrawAsync(shapes, cancel);
        }

        return report.Compose();
    }
}
