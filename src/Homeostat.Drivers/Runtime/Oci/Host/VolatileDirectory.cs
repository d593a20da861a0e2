using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Host;

/// <summary>A directory in memory (tmpfs) for what is worthless after a restart of the host and must be quick.</summary>
internal static class VolatileDirectory
{
    /// <summary><c>/run/homeostat/NAME</c>; on hosts whose /run is no tmpfs <c>/dev/shm/homeostat-NAME</c>.</summary>
    public static string PathOf(string name) =>
        IsMemory("/run") || !IsMemory("/dev/shm") ? Path.Combine("/run/homeostat", name) : $"/dev/shm/homeostat-{name}";

    /// <summary>Makes it for root alone.</summary>
    /// <exception cref="IOException">Somebody else made it before: /dev/shm is open to all users.</exception>
    public static void Make(string path)
    {
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (!FileKind.IsDirectoryOf(path, Libc.EffectiveUser()))
        {
            throw new IOException($"{path} belongs to another user: remove it");
        }

        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static bool IsMemory(string path) =>
        File.ReadLines("/proc/self/mounts").Any(line => line.Split(' ') is [_, var target, "tmpfs", ..] && target == path);
}
