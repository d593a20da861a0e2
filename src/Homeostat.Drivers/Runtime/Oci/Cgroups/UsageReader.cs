using System.Buffers.Text;
using Homeostat.Core.Runtime;
using Microsoft.Win32.SafeHandles;

namespace Homeostat.Drivers.Runtime.Oci.Cgroups;

/// <summary>
/// Reads the counters of a control group through files that stay open: no path is looked up and nothing is allocated, a few microseconds a look. Not safe for
/// concurrent use. Members throw <see cref="IOException"/> when the group is gone.
/// </summary>
internal sealed class UsageReader : IDisposable
{
    private readonly SafeFileHandle? _cpuTime;
    private readonly SafeFileHandle? _cpu;
    private readonly SafeFileHandle _memory;
    private readonly SafeFileHandle _memoryStat;
    private readonly SafeFileHandle _hits;
    private readonly bool _isV2;

    public UsageReader(CgroupLayout layout, string group)
    {
        _isV2 = layout.Version == 2;
        try
        {
            _memory = Open(layout.FileOf("memory", group, _isV2 ? "memory.current" : "memory.usage_in_bytes")!);
            _memoryStat = Open(layout.FileOf("memory", group, "memory.stat")!);
            _hits = Open(layout.FileOf("memory", group, _isV2 ? "memory.events" : "memory.failcnt")!);
            _cpu = OpenIfThere(layout.FileOf("cpu", group, "cpu.stat"));
            _cpuTime = _isV2 ? null : OpenIfThere(layout.FileOf("cpuacct", group, "cpuacct.usage"));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <param name="memoryLimit">From three quarters of it on, page cache that is given back at once is left out: that file costs more than the others together.</param>
    public ResourceUsage Read(long memoryLimit)
    {
        Span<byte> buffer = stackalloc byte[4096];
        var (cpu, throttled, periods, throttledPeriods) = (TimeSpan.Zero, TimeSpan.Zero, 0L, 0L);
        if (_cpu is not null)
        {
            var stat = ReadAll(_cpu, buffer);
            (periods, throttledPeriods) = (Field(stat, "nr_periods"u8), Field(stat, "nr_throttled"u8));
            throttled = _isV2 ? TimeSpan.FromMicroseconds(Field(stat, "throttled_usec"u8)) : OfNanoseconds(Field(stat, "throttled_time"u8));
            cpu = _isV2 ? TimeSpan.FromMicroseconds(Field(stat, "usage_usec"u8)) : cpu;
        }

        if (_cpuTime is not null)
        {
            cpu = OfNanoseconds(Number(ReadAll(_cpuTime, buffer)));
        }

        var hits = ReadAll(_hits, buffer);
        var limitHits = _isV2 ? Field(hits, "max"u8) : Number(hits);
        var memory = Number(ReadAll(_memory, buffer));
        if (memory >= memoryLimit - (memoryLimit / 4))
        {
            memory = Math.Max(0, memory - Field(ReadAll(_memoryStat, buffer), _isV2 ? "inactive_file"u8 : "total_inactive_file"u8));
        }

        return new ResourceUsage(cpu, throttled, periods, throttledPeriods, memory, limitHits);
    }

    public void Dispose()
    {
        _cpuTime?.Dispose();
        _cpu?.Dispose();
        _memory?.Dispose();
        _memoryStat?.Dispose();
        _hits?.Dispose();
    }

    /// <summary>The number behind a name at the beginning of a line; 0 where there is none.</summary>
    internal static long Field(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            var line = end < 0 ? text : text[..end];
            if (line.Length > name.Length && line[name.Length] == (byte)' ' && line.StartsWith(name))
            {
                return Number(line[(name.Length + 1)..]);
            }

            text = end < 0 ? [] : text[(end + 1)..];
        }

        return 0;
    }

    private static long Number(ReadOnlySpan<byte> text) => Utf8Parser.TryParse(text, out long number, out _) ? number : 0;

    private static TimeSpan OfNanoseconds(long count) => new(count / TimeSpan.NanosecondsPerTick);

    /// <summary>The kernel makes the whole text anew for each read from its beginning.</summary>
    private static ReadOnlySpan<byte> ReadAll(SafeFileHandle file, Span<byte> buffer) => buffer[..RandomAccess.Read(file, buffer, 0)];

    private static SafeFileHandle? OpenIfThere(string? path) => path is not null && File.Exists(path) ? Open(path) : null;

    private static SafeFileHandle Open(string path) => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
}
