using Homeostat.Core.Replay.Traces;

namespace Homeostat.Benchmarks.Forecasts;

/// <summary>A series the models are scored on.</summary>
/// <param name="FirstOrigin">Index of the value after which the first scored forecast is made.</param>
/// <param name="IsRecorded">Real demand, not generated: what the goals are about.</param>
internal sealed record ForecastTrace(string Name, double[] Values, int FirstOrigin, bool IsRecorded)
{
    private const int Day = 1440;

    /// <summary>Recorded ones of a folder that are there, rows as they stand in the file (that is how others scored them), then generated ones.</summary>
    public static IEnumerable<ForecastTrace> All(string folder)
    {
        var worldcup = Rows(folder, "worldcup98_requests_per_minute.csv.gz")?[(60 * Day)..(75 * Day)];
        (string Name, double[]? Values, int First)[] recorded =
        [
            ("azure_llm_conv 5s", Rows(folder, "azure_llm_conv.csv.gz"), 300),
            ("epa_http 1m", Rows(folder, "epa_http_per_minute.txt"), 300),
            ("nab_ec2_cpu 5m", Rows(folder, "nab_ec2_cpu_utilization_24ae8d.csv"), 1000),
            ("nab_elb 5m", Rows(folder, "nab_elb_request_count_8c0756.csv"), 1000),
            ("nab_grok_asg 5m", Rows(folder, "nab_grok_asg_anomaly.csv"), 1000),
            ("nyc_taxi 30m", Rows(folder, "nab_nyc_taxi.csv"), 1000),
            ("crane_input0 1m", Rows(folder, "crane_input0.csv.gz"), 3180),
            ("crane_input1 1m", Rows(folder, "crane_input1.csv.gz"), 3180),
            ("worldcup98 1m", worldcup, 3180),
            ("worldcup98 5m", worldcup is null ? null : Sums(worldcup, 5), 1000),
        ];
        foreach (var (name, values, first) in recorded)
        {
            if (values is null)
            {
                Console.Error.WriteLine($"{name}: not in {folder}, left out");
                continue;
            }
            yield return new ForecastTrace(name, values, first, IsRecorded: true);
        }
        foreach (var (name, values) in DemandSeries.All())
        {
            yield return new ForecastTrace(name, values, 1000, IsRecorded: false);
        }
    }

    private static double[] Sums(double[] values, int many) => [.. Enumerable.Range(0, values.Length / many).Select(i => values.AsSpan(i * many, many).ToArray().Sum())];

    private static double[]? Rows(string folder, string file)
    {
        var path = Path.Combine(folder, file);
        if (!File.Exists(path))
        {
            return null;
        }

        using var bytes = File.OpenRead(path);
        var (trace, problem) = TraceReader.Read(bytes);
        var read = trace ?? throw new InvalidDataException($"{path}: {problem}");
        return read.Kind == TraceKind.Counts ? read.Counts : TraceSeries.From(read, TimeSpan.FromSeconds(5)).Series!.Counts;
    }
}
