using Homeostat.Core.Replay;
using Homeostat.Core.Replay.Traces;
using Homeostat.Core.Services;

namespace Homeostat.Benchmarks.Policies;

/// <summary>A trace and the service that is played with it.</summary>
/// <param name="Name">In tables.</param>
/// <param name="About">What it is, for people.</param>
/// <param name="Read">Reads or makes it; null: the file is not there.</param>
/// <param name="Window">The part that is played.</param>
internal sealed record PolicyTrace(string Name, string About, Func<Trace?> Read, ReplayWindow Window, ScaleSpec Scale, ServiceTime Service)
{
    /// <summary>A program that can't be imaged and takes so long to start: new instances start cold, for all policies. Null: images and clones as usual.</summary>
    public TimeSpan? Cold { get; init; }

    /// <summary>Many requests at a time, as web servers do. Targets are 70 % of the limit, as Knative's are: all aim at the same.</summary>
    private static readonly ScaleSpec Web = new(0, 50, 7, 10);

    /// <summary>A few at a time, as programs that compute do.</summary>
    private static readonly ScaleSpec Heavy = new(0, 50, 2, 3);

    private static readonly ServiceTime Half = new(TimeSpan.FromMilliseconds(500), 1);

    private static readonly ServiceTime Answer = new(TimeSpan.FromSeconds(4), 1);

    /// <summary>Generated ones, and those of a folder that are there.</summary>
    public static IReadOnlyList<PolicyTrace> All(string folder) =>
    [
        Made("steady", "2 requests/s for 2 hours", Enumerable.Repeat(120.0, 120), Web, ServiceTime.Default),
        Made("sparse", "a request every 10 minutes on average, 7 days", Enumerable.Range(0, 7 * 24 * 60).Select(i => new ReplayRandom(5, i).NextDouble() < 0.1 ? 1.0 : 0.0), Web, ServiceTime.Default),
        Made("diurnal", "0 to 10 requests/s and back, 2 days", Enumerable.Range(0, 2 * 24 * 60).Select(i => Math.Round(300 * (1 - Math.Cos(2 * Math.PI * i / 1440.0)))), Web, ServiceTime.Default),
        Made("bursts", "every 15 minutes a minute of 100 requests/s, else 12 a minute, 12 hours", Enumerable.Range(0, 720).Select(i => i % 15 == 7 ? 6000.0 : 12.0), Heavy, new ServiceTime(TimeSpan.FromMilliseconds(200), 1)),
        Of(folder, "epa_http_per_minute.txt", "epa", "web server of the EPA, 1 day", ReplayWindow.All, Web, ServiceTime.Default),
        Of(folder, "nab_elb_request_count_8c0756.csv", "elb", "load balancer, 14 days", ReplayWindow.All with { Gaps = TraceGaps.Fill }, Web, ServiceTime.Default),
        Of(folder, "nab_nyc_taxi.csv", "taxi", "taxi rides of New York thinned to one a minute, 60 days", ReplayWindow.All with { Take = TimeSpan.FromDays(60), RequestsMax = 86_400, Gaps = TraceGaps.Fill }, Web, ServiceTime.Default),
        Of(folder, "worldcup98_requests_per_minute.csv.gz", "worldcup", "World Cup 1998, 30 June, thinned to 500,000", ReplayWindow.All with { Skip = new TimeSpan(60, 2, 30, 0), Take = TimeSpan.FromDays(1), RequestsMax = 500_000, Gaps = TraceGaps.Zero }, Heavy, Half),
        Of(folder, "azure_llm_conv.csv.gz", "llm", "language model of Azure, 1 hour", ReplayWindow.All, Web, Answer),
        Of(folder, "nab_elb_request_count_8c0756.csv", "elb-cold", "the same load balancer, a program that starts in 900 ms and has no image", ReplayWindow.All with { Gaps = TraceGaps.Fill }, Web, ServiceTime.Default) with { Cold = TimeSpan.FromMilliseconds(900) },
        Of(folder, "worldcup98_requests_per_minute.csv.gz", "worldcup-cold", "the same day, a program that starts in 900 ms and has no image", ReplayWindow.All with { Skip = new TimeSpan(60, 2, 30, 0), Take = TimeSpan.FromDays(1), RequestsMax = 500_000, Gaps = TraceGaps.Zero }, Heavy, Half) with { Cold = TimeSpan.FromMilliseconds(900) },
    ];

    private static PolicyTrace Made(string name, string about, IEnumerable<double> perMinute, ScaleSpec scale, ServiceTime service) =>
        new(name, about, () => new Trace(TraceKind.Counts, "generated", [.. perMinute], [], []), ReplayWindow.All, scale, service);

    private static PolicyTrace Of(string folder, string file, string name, string about, ReplayWindow window, ScaleSpec scale, ServiceTime service) => new(name, about, () =>
    {
        var path = Path.Combine(folder, file);
        if (!File.Exists(path))
        {
            return null;
        }

        using var bytes = File.OpenRead(path);
        var (trace, problem) = TraceReader.Read(bytes);
        return trace ?? throw new InvalidDataException($"{path}: {problem}");
    }, window, scale, service);
}
