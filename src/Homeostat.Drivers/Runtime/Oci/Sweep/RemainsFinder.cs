using System.Globalization;
using Homeostat.Drivers.Runtime.Oci.Cgroups;
using Homeostat.Drivers.Runtime.Oci.Host;
using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Sweep;

/// <summary>Lists everything on the host that carries a platform's name, alive or not.</summary>
internal sealed class RemainsFinder(PlatformName name, DataPaths data, CgroupLayout cgroups, IReadOnlyDictionary<string, string> cellOfLink)
{
    public async Task<IReadOnlyList<Remains>> FindAsync(CancellationToken cancel) =>
    [
        .. Keepers(),
        .. Groups(),
        .. Mounts(),
        .. Links(),
        .. Directories(),
        .. await TablesAsync(cancel),
    ];

    private IEnumerable<Remains> Keepers()
    {
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && CellOf(Arguments(pid)) is { } cell)
            {
                yield return new Remains(RemainsKind.Keeper, pid.ToString(CultureInfo.InvariantCulture), cell);
            }
        }
    }

    /// <summary>The cell whose directory is the value of <c>--dir</c>.</summary>
    private string? CellOf(string[] arguments)
    {
        var at = Array.IndexOf(arguments, "--dir");
        return at > 0 && at + 1 < arguments.Length && Path.GetDirectoryName(arguments[at + 1]) == data.Cells
            ? Path.GetFileName(arguments[at + 1])
            : null;
    }

    private static string[] Arguments(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It ended between the listing and now.
            return [];
        }
    }

    private IEnumerable<Remains> Groups()
    {
        foreach (var mount in cgroups.AllMounts)
        {
            var top = mount + name.CgroupPath;
            if (!Directory.Exists(top))
            {
                continue;
            }

            foreach (var group in Directory.EnumerateDirectories(top))
            {
                var cell = Path.GetFileName(group);
                yield return new Remains(RemainsKind.ControlGroup, group, cell);
                foreach (var pid in ProcessesOf(group))
                {
                    yield return new Remains(RemainsKind.Process, pid, cell);
                }
            }
        }
    }

    private static string[] ProcessesOf(string group)
    {
        try
        {
            return File.ReadAllLines(Path.Combine(group, "cgroup.procs"));
        }
        catch (IOException)
        {
            // Removed between the listing and now.
            return [];
        }
    }

    /// <summary>Cells mount in namespaces of their own: in the host's table there is only the memory of the images, which belongs to no cell.</summary>
    private IEnumerable<Remains> Mounts() =>
        from line in File.ReadAllLines("/proc/self/mounts")
        let target = line.Split(' ')[1]
        where target.StartsWith(data.Runtime + "/", StringComparison.Ordinal) || target.StartsWith(data.Volatile + "/", StringComparison.Ordinal)
        select new Remains(RemainsKind.Mount, target, target == data.MemoryImages ? null : Path.GetRelativePath(data.Cells, target).Split('/')[0]);

    /// <summary>Not of /sys: that shows the network of whoever mounted it.</summary>
    private IEnumerable<Remains> Links() =>
        from line in File.ReadLines("/proc/net/dev").Skip(2)
        let link = line.Split(':')[0].Trim()
        where name.OwnsLink(link)
        select new Remains(RemainsKind.Link, link, link == name.Bridge ? null : cellOfLink.GetValueOrDefault(link, "unknown"));

    private IEnumerable<Remains> Directories() =>
        from parent in (string[])[data.Cells, data.RuntimeState, Path.Combine(data.Images, "cells"), Path.Combine(data.MemoryImages, "cells")]
        where Directory.Exists(parent)
        from directory in Directory.EnumerateDirectories(parent)
        select new Remains(RemainsKind.Directory, directory, Path.GetFileName(directory));

    private async Task<IEnumerable<Remains>> TablesAsync(CancellationToken cancel)
    {
        // Outside of a user namespace an ordinary user may not look, and has made none.
        if (Libexec.FindProgram("nft") is not { } nft || Libc.EffectiveUser() != 0)
        {
            return [];
        }

        var tables = await Command.RunAsync(nft, ["list", "tables"], null, cancel);
        return tables.Split('\n').Where(line => line.Trim() == $"table inet {name.Bridge}").Select(_ => new Remains(RemainsKind.FirewallTable, name.Bridge, null));
    }
}
