using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Homeostat.Benchmarks.GatewayLoad;

/// <param name="Requests">Requests answered.</param>
/// <param name="PerSecond">Requests per second.</param>
/// <param name="P50">Median latency in microseconds.</param>
/// <param name="P99">99th percentile in microseconds.</param>
/// <param name="Errors">Responses other than 2xx and 3xx, and socket errors.</param>
internal sealed record WrkResult(long Requests, double PerSecond, double P50, double P99, bool Errors);

/// <summary>Runs wrk, the load generator.</summary>
internal static partial class Wrk
{
    /// <exception cref="InvalidOperationException">wrk is not installed.</exception>
    public static async Task<WrkResult> RunAsync(int port, int connections, int seconds, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("wrk", ["-t1", $"-c{connections}", $"-d{seconds}s", "--latency", $"http://127.0.0.1:{port}/"]) { RedirectStandardOutput = true };
        try
        {
            using var wrk = Process.Start(start)!;
            var text = await wrk.StandardOutput.ReadToEndAsync(cancel);
            await wrk.WaitForExitAsync(cancel);
            return Parse(text);
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException("wrk generates the load: apt-get install wrk", e);
        }
    }

    internal static WrkResult Parse(string text) => new(
        long.Parse(Requests().Match(text).Groups["n"].ValueSpan, CultureInfo.InvariantCulture),
        double.Parse(PerSecond().Match(text).Groups["n"].ValueSpan, CultureInfo.InvariantCulture),
        Microseconds(P50().Match(text)),
        Microseconds(P99().Match(text)),
        text.Contains("Non-2xx", StringComparison.Ordinal) || text.Contains("Socket errors", StringComparison.Ordinal));

    private static double Microseconds(Match match) =>
        double.Parse(match.Groups["n"].ValueSpan, CultureInfo.InvariantCulture) * match.Groups["unit"].Value switch { "us" => 1, "ms" => 1_000, _ => 1_000_000 };

    [GeneratedRegex(@"(?<n>\d+) requests in", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Requests();

    [GeneratedRegex(@"Requests/sec:\s+(?<n>[\d.]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PerSecond();

    [GeneratedRegex(@"50%\s+(?<n>[\d.]+)(?<unit>us|ms|s)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex P50();

    [GeneratedRegex(@"99%\s+(?<n>[\d.]+)(?<unit>us|ms|s)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex P99();
}
