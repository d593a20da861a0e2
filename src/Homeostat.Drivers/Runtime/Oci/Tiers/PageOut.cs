using System.Globalization;
using Homeostat.Drivers.Runtime.Oci.Native;
using Microsoft.Win32.SafeHandles;

namespace Homeostat.Drivers.Runtime.Oci.Tiers;

/// <summary>Moves the private memory of a frozen instance to zram or swap (process_madvise(2) with MADV_PAGEOUT, Linux 5.10).</summary>
internal static class PageOut
{
    /// <summary>UIO_MAXIOV: ranges per call.</summary>
    private const int RangesMax = 1024;

    /// <summary>Whether the host has anything to page out to.</summary>
    public static bool HasTarget() => File.Exists("/proc/swaps") && File.ReadLines("/proc/swaps").Skip(1).Any();

    /// <exception cref="IOException">A process is gone or the kernel refuses.</exception>
    public static void Run(IEnumerable<int> processes)
    {
        foreach (var pid in processes)
        {
            var fd = Libc.OpenPid(pid);
            Libc.Check(fd, $"opening process {pid}");
            using var handle = new SafeFileHandle(fd, ownsHandle: true);
            foreach (var ranges in RangesOf(File.ReadLines($"/proc/{pid}/maps")).Chunk(RangesMax))
            {
                // A short answer is fine: a range that vanished or is locked stays.
                if (Libc.AdvisePageOut(fd, ranges) < 0)
                {
                    Libc.Check(-1, $"paging out process {pid}");
                }
            }
        }
    }

    /// <summary>Writable private mappings: what swap takes. Text and files are in the page cache, which the kernel gives back by itself.</summary>
    internal static IEnumerable<Libc.IoVec> RangesOf(IEnumerable<string> maps)
    {
        foreach (var line in maps)
        {
            var fields = line.Split(' ', 3);
            if (fields.Length == 3 && fields[1].StartsWith("rw", StringComparison.Ordinal) && fields[1].EndsWith('p')
                && fields[0].Split('-') is [var from, var to])
            {
                var start = ulong.Parse(from, NumberStyles.HexNumber);
                yield return new Libc.IoVec((nuint)start, (nuint)(ulong.Parse(to, NumberStyles.HexNumber) - start));
            }
        }
    }
}
