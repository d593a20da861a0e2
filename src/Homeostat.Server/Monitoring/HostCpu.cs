using System.Globalization;

namespace Homeostat.Server.Monitoring;

/// <summary>Cores that this host has for containers: those the platform may run on, less where a control group around the whole host (a container, a slice) allows less.</summary>
internal static class HostCpu
{
    public static double Cores() => Math.Min(
        OfStatus(File.ReadLines("/proc/self/status")) ?? Environment.ProcessorCount,
        OfQuota(Read("/sys/fs/cgroup/cpu.max") ?? $"{Read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")} {Read("/sys/fs/cgroup/cpu/cpu.cfs_period_us")}"));

    /// <summary>CPUs in <c>Cpus_allowed_list: 0-3,6</c>; null: not told.</summary>
    internal static int? OfStatus(IEnumerable<string> status)
    {
        const string key = "Cpus_allowed_list:";
        if (status.FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal)) is not { } line)
        {
            return null;
        }

        var count = 0;
        foreach (var range in line[key.Length..].Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = range.Split('-');
            if (!int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first) || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last))
            {
                return null;
            }

            count += last - first + 1;
        }

        return count > 0 ? count : null;
    }

    /// <summary>Cores of <c>QUOTA PERIOD</c>; infinite for <c>max</c>, -1 or nothing.</summary>
    internal static double OfQuota(string text)
    {
        var fields = text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return fields.Length >= 2 && long.TryParse(fields[0], CultureInfo.InvariantCulture, out var quota) && long.TryParse(fields[1], CultureInfo.InvariantCulture, out var period) && quota > 0 && period > 0
            ? (double)quota / period
            : double.PositiveInfinity;
    }

    private static string? Read(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : null;
}
