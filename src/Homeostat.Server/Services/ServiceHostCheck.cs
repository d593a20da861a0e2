using Homeostat.Core.Services;

namespace Homeostat.Server.Services;

/// <summary>
/// The second pass over a service file: what only the host knows. Same shape of errors as the parser's, pointing at the same places.
/// A clean answer is no promise: files change, and the driver reports what it meets.
/// </summary>
internal static class ServiceHostCheck
{
    /// <summary>PATH of a container whose file declares none; Docker's default.</summary>
    public const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static IReadOnlyList<ServiceFileError> Check(ServiceSpec spec, IReadOnlyDictionary<string, ServiceFilePlace> places)
    {
        var errors = new List<ServiceFileError>();
        void Add(string key, string what, string fix)
        {
            var place = places.GetValueOrDefault(key) ?? new ServiceFilePlace(0, 0);
            errors.Add(new ServiceFileError(place.Line, place.Column, ServiceFileErrorCodes.Host, key, $"{key} {what}", fix));
        }

        var files = new ContainerFiles(spec);
        CheckMounts(spec, files, Add);
        if (spec.Root is RootSource.Directory root && !Directory.Exists(root.Path))
        {
            var what = File.Exists(root.Path) ? "is a file; a root file system is a folder" : "does not exist on this host";
            Add("rootfs", $"{root.Path} {what}", "Make it, e.g. with mmdebstrap or docker export, or correct the path.");
        }
        else
        {
            CheckCommand(spec, files, Add);
        }
        return [.. errors.OrderBy(e => e.Line).ThenBy(e => e.Column)];
    }

    private static void CheckMounts(ServiceSpec spec, ContainerFiles files, Action<string, string, string> add)
    {
        for (var i = 0; i < spec.Mounts.Count; i++)
        {
            var mount = spec.Mounts[i];
            if (!Path.Exists(mount.Source))
            {
                add($"mounts[{i}].source", $"{mount.Source} does not exist on this host", "Make it, or correct the path; relative paths start at the service file's folder.");
            }
            if (files.FirstLink(mount.Target) is { } link)
            {
                add($"mounts[{i}].target", $"{mount.Target} passes through the symbolic link {link} of the root file system, which could lead out of it", "Write the place the link points to.");
            }
        }
    }

    private static void CheckCommand(ServiceSpec spec, ContainerFiles files, Action<string, string, string> add)
    {
        var program = spec.Command[0];
        var path = spec.Env.FirstOrDefault(e => e.Key == "PATH").Value ?? DefaultPath;
        IEnumerable<string> candidates = program.StartsWith('/') ? [program]
            : program.Contains('/') ? [$"{spec.Workdir}/{program}"]
            : path.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => $"{folder}/{program}");
        string? found = null;
        foreach (var candidate in candidates)
        {
            if (files.Find(candidate) is not { } file || Directory.Exists(file))
            {
                continue;
            }
            if ((File.GetUnixFileMode(file) & AnyExecute) != UnixFileMode.None)
            {
                return;
            }
            found ??= candidate;
        }
        var where = spec.Root is RootSource.Directory root ? $"in the root file system {root.Path}" : "on this host (host: true shows /usr, /bin, /sbin, /lib* and /etc)";
        if (found is not null)
        {
            add("command", $"names {FoundName(program, found)}, which is not executable", $"Make it executable (chmod +x), or name its interpreter first.");
        }
        else if (program.Contains('/'))
        {
            add("command", $"names {program}, which does not exist {where}", "Correct the path, or mount the program.");
        }
        else
        {
            add("command", $"names {program}, which is not in PATH ({path}) {where}", "Install it there, write its full path, or mount it.");
        }
    }

    private static string FoundName(string program, string found) => program == found ? program : $"{program} ({found})";
}
