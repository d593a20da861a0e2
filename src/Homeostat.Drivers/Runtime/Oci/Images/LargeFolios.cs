namespace Homeostat.Drivers.Runtime.Oci.Images;

/// <summary>
/// The kernel's 64 KiB pages for anonymous memory (mTHP). Half of a wake is giving the program its memory back page by page; with them it is
/// a third less in all (Node.js 20 -> 14 ms on a busy two-core host, 13 -> 10 ms on a quiet one). A setting of the whole host: slightly more memory for all
/// programs, hence switched on by the platform only where it was at the kernel's default, and put back at a clean end.
/// </summary>
internal sealed class LargeFolios : IDisposable
{
    /// <summary>Since Linux 6.8.</summary>
    public const string DefaultPath = "/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled";

    private readonly string _path;
    private readonly bool _changed;

    private LargeFolios(string path, bool changed, string state) => (_path, _changed, State) = (path, changed, state);

    /// <summary>The setting in force: <c>always</c>, <c>inherit</c>, <c>madvise</c>, <c>never</c>; <c>absent</c> on kernels without.</summary>
    public string State { get; }

    /// <summary>Switches them on where they are off. Never fails: without them wakes are slower, nothing else.</summary>
    public static LargeFolios Enable(string path = DefaultPath)
    {
        var state = Read(path);
        if (state != "never")
        {
            return new(path, false, state);
        }

        try
        {
            File.WriteAllText(path, "always");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(path, false, state); // A locked-down kernel, or not root.
        }

        return new(path, true, Read(path));
    }

    /// <summary>What the host has now, without changing it.</summary>
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

    public void Dispose()
    {
        if (_changed && Read(_path) == "always")
        {
            File.WriteAllText(_path, "never");
        }
    }
}
