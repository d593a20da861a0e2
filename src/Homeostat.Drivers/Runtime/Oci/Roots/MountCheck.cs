using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Drivers.Runtime.Oci.Roots;

/// <summary>
/// Refuses mounts that can't work or must not. What a target's symlinks inside the root lead to is the OCI runtime's business: it resolves them within the root.
/// </summary>
internal static class MountCheck
{
    private static readonly string[] Reserved = ["/proc", "/sys", "/dev"];

    /// <param name="dataDirectory">The platform's own files, which no instance may see.</param>
    public static Failure? Check(IReadOnlyList<MountSpec> mounts, string dataDirectory)
    {
        foreach (var mount in mounts)
        {
            if (CheckTarget(mount.Target) is { } target)
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
