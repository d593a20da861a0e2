using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Cells;

/// <summary>What a program keeps in its cell besides its memory, which is in the image, and its files, which are on disk.</summary>
internal static class CellContents
{
    /// <summary>What the OCI runtime and the keeper put there.</summary>
    private static readonly HashSet<string> Devices =
        ["console", "core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero"];

    /// <summary>Whether something would be lost with the cell: files in /dev, /dev/shm or /dev/mqueue, or System V objects.</summary>
    /// <exception cref="IOException">The cell is gone.</exception>
    public static async Task<bool> AnyAsync(Cell cell)
    {
        var dev = $"/proc/{cell.InitPid}/root/dev";
        return Directory.EnumerateFileSystemEntries(dev).Select(path => Path.GetFileName(path)).Any(name => !Devices.Contains(name) && !name.StartsWith(".homeostat", StringComparison.Ordinal))
            || Directory.EnumerateFileSystemEntries($"{dev}/shm").Any()
            || Directory.EnumerateFileSystemEntries($"{dev}/mqueue").Any()
            || await OwnThread.RunAsync("ipc", () => HasSystemV(cell.InitPid));
    }

    private static bool HasSystemV(int init)
    {
        using var space = File.OpenHandle($"/proc/{init}/ns/ipc");
        Libc.Check(Libc.SetNs((int)space.DangerousGetHandle(), Libc.CloneNewIpc), "entering the cell's IPC namespace");
        // The first line has the names of the columns.
        return ((string[])["shm", "sem", "msg"]).Any(kind => File.ReadLines($"/proc/sysvipc/{kind}").Skip(1).Any());
    }
}
