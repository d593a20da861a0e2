using Homeostat.Drivers.Runtime.Oci.Cells;

namespace Homeostat.Drivers.Runtime.Oci.Roots;

/// <summary>
/// The lower layers of <c>host: true</c> in the data directory. Each run of the platform makes one of its own, so that new instances see the host's /etc of now; an instance
/// that sleeps keeps the one its files lie on.
/// </summary>
internal static class HostRoots
{
    public static string Make(DataPaths data)
    {
        Directory.CreateDirectory(data.HostRoots, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var made = Path.Combine(data.HostRoots, Guid.NewGuid().ToString("n"));
        HostRoot.Make(made);
        return made;
    }

    /// <summary>Removes those that no instance lies on. Not while this run has one.</summary>
    public static void Collect(OciContext context)
    {
        if (!Directory.Exists(context.Data.HostRoots))
        {
            return;
        }

        var used = context.Instances.All.Select(instance => instance.CellId).OfType<string>()
            .SelectMany(cell => PlanRecord.LayersOf(context.Data.Cell(cell))).ToHashSet();
        foreach (var unused in Directory.EnumerateDirectories(context.Data.HostRoots).Where(path => !used.Contains(path)).ToList())
        {
            WrittenTree.TryRemove(unused);
        }
    }
}
