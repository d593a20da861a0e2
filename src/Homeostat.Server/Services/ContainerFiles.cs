using Homeostat.Core.Services;

namespace Homeostat.Server.Services;

/// <summary>
/// The files a container will see, looked up on the host: its root, its mounts, and symbolic links followed as inside (never out of the root).
/// Read-only and best effort: what an image's own start changes cannot be known.
/// </summary>
internal sealed class ContainerFiles(ServiceSpec spec)
{
    /// <summary>As the kernel's limit on links in one path.</summary>
    private const int LinksMax = 40;

    /// <summary>What <c>host: true</c> shows of the host.</summary>
    private static readonly string[] HostFolders = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc"];

    private readonly List<MountSpec> _mounts = [.. spec.Mounts.OrderByDescending(m => m.Target.Length)];

    /// <summary>Where a container's path is on the host, or null when it does not exist in the container.</summary>
    public string? Find(string path)
    {
        var (inside, links) = ("/", 0);
        var rest = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        while (rest.TryPop(out var name))
        {
            if (name is "." or "..")
            {
                inside = name == "." ? inside : Path.GetDirectoryName(inside) ?? "/";
                continue;
            }
            var next = inside == "/" ? "/" + name : $"{inside}/{name}";
            if (OnHost(next) is { } file && LinkTarget(file) is { } target && !_mounts.Exists(m => m.Target == next))
            {
                if (++links > LinksMax)
                {
                    return null;
                }
                inside = target.StartsWith('/') ? "/" : inside;
                foreach (var part in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
                {
                    rest.Push(part);
                }
                continue;
            }
            inside = next;
        }
        return OnHost(inside) is { } found && Path.Exists(found) ? found : null;
    }

    /// <summary>The first part of a path below the root file system that is a symbolic link, or null.</summary>
    public string? FirstLink(string path)
    {
        if (spec.Root is not RootSource.Directory root)
        {
            return null;
        }
        var inside = "";
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            inside += "/" + name;
            if (LinkTarget(root.Path + inside) is not null)
            {
                return inside;
            }
        }
        return null;
    }

    private string? OnHost(string inside)
    {
        var mount = _mounts.Find(m => inside == m.Target || inside.StartsWith(m.Target + "/", StringComparison.Ordinal));
        if (mount is not null)
        {
            return mount.Source + inside[mount.Target.Length..];
        }
        return spec.Root switch
        {
            RootSource.Directory root => root.Path + inside,
            _ when inside == "/" => inside,
            _ => Array.Exists(HostFolders, f => inside == f || inside.StartsWith(f + "/", StringComparison.Ordinal)) ? inside : null,
        };
    }

    private static string? LinkTarget(string path) => new FileInfo(path).LinkTarget;
}
