using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Drivers.Runtime.Oci.Roots;

/// <summary>
/// Refuses mounts that can't work or must not. The OCI runtime resolves a target's links within the root once more: a program may have made some since.
/// </summary>
internal static class MountCheck
{
    private static readonly string[] Reserved = ["/proc", "/sys", "/dev"];

    /// <param name="root">The container's root on the host.</param>
    /// <param name="dataDirectory">The platform's own files, which no instance may see.</param>
    public static Failure? Check(IReadOnlyList<MountSpec> mounts, string root, string dataDirectory)
    {
        foreach (var mount in mounts)
        {
            if ((CheckTarget(mount.Target) ?? CheckLinks(mount.Target, root)) is { } target)
            {
                return target;
            }

            if (!Path.Exists(mount.Source))
            {
                return Refuse($"the mount source {mount.Source} does not exist", "create it, or correct mounts.source");
            }

            var source = RealPath(mount.Source);
            if (Contains(source, dataDirectory) || Contains(dataDirectory, source))
            {
                return Refuse($"the mount source {mount.Source} would show the platform's own data ({dataDirectory})", "mount another directory");
            }
        }

        return null;
    }

    private static Failure? CheckTarget(string target)
    {
        if (!target.StartsWith('/') || target.Split('/').Contains("..") || Path.GetFullPath(target) is "/")
        {
            return Refuse($"the mount target {target} is not an absolute path below the root of the container", "use a target such as /srv");
        }

        return Reserved.FirstOrDefault(reserved => Contains(reserved, Path.GetFullPath(target))) is { } clash
            ? Refuse($"the mount target {target} lies in {clash}, which belongs to the container's own file systems", "use a target such as /srv")
            : null;
    }

    /// <summary>A link of the root in the target could lead anywhere, and elsewhere once the root changes.</summary>
    private static Failure? CheckLinks(string target, string root)
    {
        var path = root;
        foreach (var part in Path.GetFullPath(target).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            path = Path.Combine(path, part);
            if (new FileInfo(path).LinkTarget is { } link)
            {
                return Refuse(
                    $"the mount target {target} leads through the link {path[root.Length..]} -> {link} of the container's root",
                    "name the directory that the link stands for");
            }
        }

        return null;
    }

    private static bool Contains(string directory, string path) =>
        directory == "/" || path == directory || path.StartsWith(directory.TrimEnd('/') + "/", StringComparison.Ordinal);

    private static string RealPath(string path)
    {
        var real = "/";
        foreach (var part in Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            real = new FileInfo(next).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? next;
        }

        return real;
    }

    private static Failure Refuse(string message, string remedy) => new(FailureKind.NotSupported, message, remedy);
}
