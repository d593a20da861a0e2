using System.Globalization;

namespace Homeostat.Drivers.Runtime.Oci.Images;

/// <summary>
/// What an image depends on. One made under another kernel, boot, criu or processor is not restored: memory layout of the vDSO,
/// CLOCK_MONOTONIC and processor features go with it.
/// </summary>
internal sealed record ImageStamp(string Kernel, string BootId, string Criu, string Cpu)
{
    /// <summary>The stamp of this host now.</summary>
    /// <param name="criu">Path of the criu in use; its size and time of change stand for its build.</param>
    public static ImageStamp OfHost(string criu)
    {
        var file = new FileInfo(criu);
        var build = string.Create(CultureInfo.InvariantCulture, $"{file.Length}-{file.LastWriteTimeUtc.Ticks}");
        return new ImageStamp(
            File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
            File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(),
            build,
            Processor());
    }

    /// <summary>Why an image of <paramref name="other"/> must not be restored here; null if it may.</summary>
    public string? Differs(ImageStamp other) => other switch
    {
        _ when other.BootId != BootId => "it was made before the host was restarted",
        _ when other.Kernel != Kernel => $"it was made under kernel {other.Kernel}",
        _ when other.Criu != Criu => "it was made by another build of criu",
        _ when other.Cpu != Cpu => $"it was made on another processor ({other.Cpu})",
        _ => null,
    };

    private static string Processor()
    {
        string? model = null, flags = null;
        foreach (var line in File.ReadLines("/proc/cpuinfo"))
        {
            if (line.StartsWith("model name", StringComparison.Ordinal))
            {
                model ??= line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            }
            else if (line.StartsWith("flags", StringComparison.Ordinal) || line.StartsWith("Features", StringComparison.Ordinal))
            {
                flags ??= line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            }

            if (model is not null && flags is not null)
            {
                break;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{model} {Fnv(flags ?? ""):x8}");
    }

    // Only equality matters; string.GetHashCode differs per process.
    private static uint Fnv(string text)
    {
        var hash = 2166136261u;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 16777619u;
        }

        return hash;
    }
}
