using static Homeostat.Core.Services.ServiceFileErrorCodes;

namespace Homeostat.Core.Services;

/// <summary>The keys of a service file that hold paths: of the host (resolved against the file's folder) and of the container.</summary>
/// <param name="BaseFolder">Absolute, or null.</param>
internal sealed record FilePaths(string? BaseFolder)
{
    private const int MountsMax = 100;
    private const int PathLengthMax = 4095;

    /// <summary>Made by the kernel or the platform inside every container; a mount over them would take the floor away.</summary>
    private static readonly string[] Reserved = ["/proc", "/sys", "/dev"];

    public RootSource? ReadRoot(FileSection top)
    {
        var host = top.Boolean("host", "Write host: true for the host's own programs, or rootfs: ./dir.");
        var path = top.Text("rootfs", "a folder", "Write rootfs: ./dir.");
        if (top.Has("rootfs") && host is true)
        {
            top.Add(top.Node("host")!, Conflict, "host", "and rootfs are both given; a container has one root", "Keep one of them.");
            return null;
        }
        if (host is false)
        {
            top.Add(top.Node("host")!, Invalid, "host", "is false; it is either true or absent", "Remove it.");
        }
        if (path is not null)
        {
            return ResolveHost(top, "rootfs", path) is { } folder ? new RootSource.Directory(folder) : null;
        }
        if (!top.Has("rootfs") && !top.Has("host") && !top.HasLater("image"))
        {
            top.AddMissing("rootfs", "a container needs a root file system", "Add rootfs: ./dir, or host: true for the host's own programs.");
        }
        return host is true ? new RootSource.Host() : null;
    }

    public List<MountSpec> ReadMounts(FileSection top)
    {
        const string example = "mounts: [ { source: ./site, target: /srv } ]";
        var items = top.Items("mounts", MountsMax, "a list of sources and targets", $"Write {example}.");
        var mounts = new List<MountSpec>();
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is not FileMap map)
            {
                top.AddWrong($"mounts[{i}]", items[i], "a mapping with source and target", $"Write {example}.");
                continue;
            }
            var section = top.ItemSection("mounts", i, map, FileKeys.Mount);
            if (ReadMount(section) is not { } mount)
            {
                continue;
            }
            if (mounts.Exists(m => m.Target == mount.Target))
            {
                section.Add(map, DuplicateKey, "target", $"{mount.Target} is mounted twice", "Keep one of them.");
            }
            mounts.Add(mount);
        }
        return mounts;
    }

    private MountSpec? ReadMount(FileSection section)
    {
        var source = section.Text("source", "a path of the host", "Write source: ./dir.");
        if (!section.Has("source"))
        {
            section.AddMissing("source", "it names the folder or file of the host", "Add source: ./dir.");
        }
        if (!section.Has("target"))
        {
            section.AddMissing("target", "it names the place in the container", "Add target: /srv.");
        }
        var readOnly = section.Boolean("readonly", "Write true, or false to let the container write to the host.");
        var from = source is null ? null : ResolveHost(section, "source", source);
        var target = section.Has("target") ? ReadInside(section, "target", "") : "";
        if (target == "/" || Reserved.Any(r => target == r || target.StartsWith(r + "/", StringComparison.Ordinal)))
        {
            section.Add(section.Node("target")!, Invalid, "target", $"is {FileScalar.Clip(target)}; the platform makes {(target == "/" ? "the root" : "this")} itself", "Choose another place.");
            return null;
        }
        return from is null || target.Length == 0 ? null : new MountSpec(from, target, readOnly ?? true);
    }

    /// <summary>An absolute path inside the container, without <c>..</c>; <paramref name="otherwise"/> when absent or wrong.</summary>
    public static string ReadInside(FileSection section, string key, string otherwise)
    {
        const string rule = "an absolute path in the container that does not climb (..)";
        if (section.Text(key, rule, $"Write {key}: /srv.") is not { } scalar)
        {
            return otherwise;
        }
        var path = scalar.Value;
        if (path.StartsWith('/') && !path.Split('/').Contains("..") && path.Length <= PathLengthMax && !path.Any(char.IsControl))
        {
            var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != ".");
            return "/" + string.Join('/', parts);
        }
        section.Add(scalar, Invalid, key, $"is {scalar.Shown}; it must be {rule}", $"Write it like {key}: /srv.");
        return otherwise;
    }

    private string? ResolveHost(FileSection section, string key, FileScalar scalar)
    {
        var path = scalar.Value;
        if (path.StartsWith('~') || path.Contains('$'))
        {
            section.Add(scalar, Invalid, key, $"is {scalar.Shown}; ~ and $ are not expanded", "Write the path in full, or relative to the service file.");
            return null;
        }
        if (path.Length > PathLengthMax || path.Any(char.IsControl))
        {
            section.Add(scalar, Invalid, key, "is not a path: too long, or control characters in it", "Write a path of the host.");
            return null;
        }
        if (!path.StartsWith('/') && BaseFolder is null)
        {
            section.Add(scalar, Invalid, key, $"is {scalar.Shown}; relative paths need the folder they start from", "Write an absolute path, or send the folder as base.");
            return null;
        }
        var full = Path.GetFullPath(path, BaseFolder ?? "/");
        return full.Length > 1 ? full.TrimEnd('/') : full;
    }
}
