using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Roots;

/// <summary>
/// The lower layer of <c>host: true</c>: the usual directories, the host's links into /usr, and a copy of /etc without what only root may read.
/// /usr itself is bound read-only into each container.
/// </summary>
/// <remarks>
/// A copy and not a bind with masks: a list of secrets would never be complete (keys of a mail server, of a VPN, of tomorrow's package). The rule is the
/// host's own: what other users of the host may not read, no program in a container gets, although it runs as uid 0 there.
/// </remarks>
internal static class HostRoot
{
    /// <value>Larger files of /etc are databases, not configuration, and are left out.</value>
    private const long FileBytesMax = 16 << 20;

    private static readonly string[] Empty =
    [
        "dev", "proc", "sys", "run", "run/lock", "srv", "home", "root", "opt", "mnt", "media", "usr",
        "var", "var/cache", "var/lib", "var/log", "var/spool", "var/www",
    ];

    private static readonly string[] Sticky = ["tmp", "var/tmp"];

    private static readonly string[] Top = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

    /// <summary>/usr, and those of /bin, /sbin, /lib* that are directories of their own on hosts without merged /usr.</summary>
    public static IEnumerable<string> BoundDirectories() =>
        Top.Select(name => "/" + name).Where(path => Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null).Prepend("/usr");

    /// <summary>Makes the layer in <paramref name="target"/>, which must not exist; complete or not there at all.</summary>
    public static void Make(string target)
    {
        var making = target + ".new";
        if (Directory.Exists(making))
        {
            Directory.Delete(making, recursive: true);
        }

        Directory.CreateDirectory(making);
        foreach (var name in Empty.Concat(Sticky))
        {
            Directory.CreateDirectory(Path.Combine(making, name));
        }

        foreach (var name in Sticky)
        {
            File.SetUnixFileMode(Path.Combine(making, name), (UnixFileMode)0b1_111_111_111);
        }

        File.SetUnixFileMode(Path.Combine(making, "root"), (UnixFileMode)0b111_000_000);
        File.CreateSymbolicLink(Path.Combine(making, "var/run"), "/run");
        File.CreateSymbolicLink(Path.Combine(making, "var/lock"), "/run/lock");
        foreach (var name in Top)
        {
            var source = new DirectoryInfo("/" + name);
            if (source.LinkTarget is { } link)
            {
                File.CreateSymbolicLink(Path.Combine(making, name), link);
            }
            else if (source.Exists)
            {
                Directory.CreateDirectory(Path.Combine(making, name));
            }
        }

        Copy(new DirectoryInfo("/etc"), Path.Combine(making, "etc"));
        Directory.Move(making, target);
    }

    private static void Copy(DirectoryInfo source, string target)
    {
        Directory.CreateDirectory(target);
        File.SetUnixFileMode(target, source.UnixFileMode);
        foreach (var entry in source.EnumerateFileSystemInfos())
        {
            var to = Path.Combine(target, entry.Name);
            if (entry.LinkTarget is { } link)
            {
                File.CreateSymbolicLink(to, link);
            }
            else if (entry is DirectoryInfo directory)
            {
                if (OthersMay(entry, UnixFileMode.OtherRead | UnixFileMode.OtherExecute))
                {
                    Copy(directory, to);
                }
            }
            else if (entry is FileInfo { Length: <= FileBytesMax } file && FileKind.IsRegular(file.FullName) && OthersMay(entry, UnixFileMode.OtherRead))
            {
                file.CopyTo(to);
            }
        }
    }

    private static bool OthersMay(FileSystemInfo entry, UnixFileMode wanted) => (entry.UnixFileMode & wanted) == wanted;
}
