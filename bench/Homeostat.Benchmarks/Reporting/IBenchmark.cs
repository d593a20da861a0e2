namespace Homeostat.Benchmarks.Reporting;

/// <summary>One benchmark: measures, compares with a peer in the same run, and reports. Never asserts a time: machines differ.</summary>
internal interface IBenchmark
{
    /// <summary>What follows <c>./run bench</c>.</summary>
    string Name { get; }

    /// <summary>One line for the list of benchmarks.</summary>
    string Summary { get; }

    Task<BenchReport> RunAsync(IReadOnlyList<string> args, CancellationToken cancel);
}
