using Homeostat.Benchmarks.Elasticity;
using Homeostat.Benchmarks.Forecasts;
using Homeostat.Benchmarks.GatewayLoad;
using Homeostat.Benchmarks.Policies;
using Homeostat.Benchmarks.Reporting;
using Homeostat.Benchmarks.Wake;
using Spectre.Console;

// In a file or a pipe nobody has a screen of 80 columns: tables are not wrapped.
if (Console.IsOutputRedirected)
{
    AnsiConsole.Profile.Width = 160;
}

// Every benchmark is listed here once; `./run bench NAME` runs one and writes artifacts/bench/NAME.json.
IReadOnlyList<IBenchmark> benchmarks = [new ElasticityBenchmark(), new GatewayBenchmark(), new PoliciesBenchmark(), new WakeBenchmark(), new ForecastBenchmark()];

var name = args.FirstOrDefault();
var benchmark = benchmarks.FirstOrDefault(b => b.Name == name);
if (benchmark is null)
{
    Console.Error.WriteLine(name is null ? "bench: which one?" : $"bench: there is no benchmark '{name}'.");
    foreach (var known in benchmarks)
    {
        Console.Error.WriteLine($"  {known.Name,-12} {known.Summary}");
    }

    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};
var report = await benchmark.RunAsync(args.Skip(1).ToArray(), stop.Token);
ReportTable.Print(report);
Console.WriteLine($"\nwritten to {ReportFile.Write(report)}");
return 0;
