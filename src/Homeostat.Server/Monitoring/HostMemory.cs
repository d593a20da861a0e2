using System.Globalization;

namespace Homeostat.Server.Monitoring;

/// <summary>Memory of this host, as the kernel tells it, less where a control group around the whole host (a container, a slice) allows less.</summary>
internal static class HostMemory
{
    /// <summary>One part in this many is left to the host itself: without any the kernel's killer chooses whom to end.</summary>
    private const int ReserveDivisor = 32;

    /// <summary>What services may hold by default: nine tenths of all.</summary>
    public static long CapacityBytes() => Math.Min(Field(Meminfo(), "MemTotal"), LimitBytes()) / 10 * 9;

    /// <summary>What can be had now without swapping, page cache that is given back included, less a reserve of a 32nd of all.</summary>
    public static long AvailableBytes()
    {
        var meminfo = Meminfo();
        var (limit, total) = (LimitBytes(), Field(meminfo, "MemTotal"));
        var here = limit < total ? limit - Used() : long.MaxValue;
        return Math.Max(0, Math.Min(Field(meminfo, "MemAvailable"), here) - (Math.Min(limit, total) / ReserveDivisor));
    }

    /// <summary>Bytes of a line <c>NAME:   123 kB</c>; 0 where there is none.</summary>
    internal static long Field(string meminfo, string name)
    {
        foreach (var line in meminfo.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] == ':')
            {
                var number = line[(name.Length + 1)..].Trim();
                return long.TryParse(number.EndsWith(" kB") ? number[..^3].TrimEnd() : number, NumberStyles.None, CultureInfo.InvariantCulture, out var kib) ? kib << 10 : 0;
            }
        }

        return 0;
    }

    private static string Meminfo() => File.ReadAllText("/proc/meminfo");

    private static long LimitBytes() => Number("/sys/fs/cgroup/memory.max") ?? Number("/sys/fs/cgroup/memory/memory.limit_in_bytes") ?? long.MaxValue;

    private static long Used() => Number("/sys/fs/cgroup/memory.current") ?? Number("/sys/fs/cgroup/memory/memory.usage_in_bytes") ?? 0;

    /// <summary>Null: no such file, or no number in it (<c>max</c>).</summary>
    private static long? Number(string path) =>
        File.Exists(path) && long.TryParse(File.ReadAllText(path).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
