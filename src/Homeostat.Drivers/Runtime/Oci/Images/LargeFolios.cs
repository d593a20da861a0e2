namespace Homeostat.Drivers.Runtime.Oci.Images;

/// <summary>
/// The kernel's 64 KiB pages for anonymous memory (mTHP). Half of a wake is giving the program its memory back page by page; with them it is
/// a third less in all (Node.js 20 -> 14 ms on a busy two-core host). A setting of the whole host: slightly more memory for all
/// programs, hence switched on only while there are services and only where it was at the kernel's default. What it was is written down before it is changed:
/// after <c>kill -9</c> the next platform on the data directory takes that up and puts it back in its turn. Safe for concurrent use.
/// </summary>
/// <param name="memory">File in the volatile directory that has the host's own value while it is changed: it vanishes with the setting, at a restart of the host.</param>
/// <param name="path">The kernel's file.</param>
internal sealed class LargeFolios(string memory, string path = LargeFolios.DefaultPath)
{
    /// <summary>Since Linux 6.8.</summary>
    public const string DefaultPath = "/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled";

    private const string On = "always";
    private const string Off = "never";

    private readonly Lock _lock = new();

    /// <summary>Switches them on where they are off. Never fails: without them wakes are slower, nothing else.</summary>
    public void Raise()
    {
        lock (_lock)
        {
            if (Read(path) != Off)
            {
                return;
            }

            try
            {
                File.WriteAllText(memory, Off);
                File.WriteAllText(path, On);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A locked-down kernel, or not root.
                File.Delete(memory);
            }
        }
    }

    /// <summary>Puts back what the host had, if this platform or a killed one before it changed that and nobody else did since.</summary>
    public void Lower()
    {
        lock (_lock)
        {
            if (!File.Exists(memory))
            {
                return;
            }

            if (Read(path) == On)
            {
                File.WriteAllText(path, File.ReadAllText(memory));
            }

            File.Delete(memory);
        }
    }

    /// <summary>The setting in force, without changing it: <c>always</c>, <c>inherit</c>, <c>madvise</c>, <c>never</c>; <c>absent</c> on kernels without.</summary>
    public static string Read(string path = DefaultPath)
    {
        try
        {
            var text = File.ReadAllText(path).Trim();
            var open = text.IndexOf('[', StringComparison.Ordinal);
            var close = text.IndexOf(']', StringComparison.Ordinal);
            return open >= 0 && close > open ? text[(open + 1)..close] : text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "absent";
        }
    }
}
