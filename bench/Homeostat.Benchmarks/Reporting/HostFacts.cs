using System.Runtime.InteropServices;

namespace Homeostat.Benchmarks.Reporting;

/// <summary>Facts of the machine that a reader needs to judge figures.</summary>
internal static class HostFacts
{
    public static SortedDictionary<string, string> Collect() => new(StringComparer.Ordinal)
    {
        ["cores"] = Environment.ProcessorCount.ToString(),
        ["cpu"] = Line("/proc/cpuinfo", "model name"),
        ["kernel"] = RuntimeInformation.OSDescription,
        ["load"] = File.ReadAllText("/proc/loadavg").Trim(),
        ["memory"] = Line("/proc/meminfo", "MemTotal"),
        ["runtime"] = RuntimeInformation.FrameworkDescription,
    };

    private static string Line(string path, string key) =>
        File.ReadLines(path).FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown";
}
