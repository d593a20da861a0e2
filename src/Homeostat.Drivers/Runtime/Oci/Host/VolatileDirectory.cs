using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Host;

/// <summary>A directory in memory (tmpfs) for what is worthless after a restart of the host and must be quick.</summary>
internal static class VolatileDirectory
{
    private const string Shared = "homeostat";
    private const int TriesMax = 10;

    /// <summary><c>/run/homeostat/NAME</c>; on hosts whose /run is no tmpfs <c>/dev/shm/homeostat-NAME</c>.</summary>
    public static string PathOf(string name) =>
        IsMemory("/run") || !IsMemory("/dev/shm") ? Path.Combine("/run", Shared, name) : $"/dev/shm/{Shared}-{name}";

    /// <summary>Makes it for root alone.</summary>
    /// <exception cref="IOException">Somebody else made it before: /dev/shm is open to all users.</exception>
    public static void Make(string path)
    {
        for (var tried = 0; !Directory.Exists(path); tried++)
        {
            try
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
            catch (DirectoryNotFoundException) when (tried < TriesMax)
            {
                // Another platform, the last until now, has just removed what both lie in.
            }
        }

        if (!FileKind.IsDirectoryOf(path, Libc.EffectiveUser()))
        {
            throw new IOException($"{path} belongs to another user: remove it");
        }

        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>The directory that all platforms share, if this was the last: one that is not empty stays.</summary>
    public static void RemoveParent(string path)
    {
        if (Path.GetDirectoryName(path) is { } parent && Path.GetFileName(parent) == Shared)
        {
            try
            {
                Directory.Delete(parent);
            }
            catch (IOException)
            {
                // Another platform has its own in it.
            }
        }
    }

    private static bool IsMemory(string path) =>
        File.ReadLines("/proc/self/mounts").Any(line => line.Split(' ') is [_, var target, "tmpfs", ..] && target == path);
}
