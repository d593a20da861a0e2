using Homeostat.Drivers.Runtime.Oci.Cgroups;
using Homeostat.Drivers.Runtime.Oci.Host;
using Homeostat.Drivers.Runtime.Oci.Instances;

namespace Homeostat.Drivers.Runtime.Oci.Sweep;

/// <summary>
/// The second part of <c>doctor</c>: proves that nothing of a platform is left behind. Whatever on the host carries its name must belong to a living cell, and with the
/// platform down every living cell must belong to an instance that outlived it.
/// </summary>
public static class LeakCheck
{
    private const int ShownMax = 10;

    /// <summary>While a platform is open on the data directory its bridge, its table and the cells of its pools are no leak.</summary>
    public static async Task<HostCheck> RunAsync(OciDriverOptions options, CancellationToken cancel)
    {
        var leaks = await FindAsync(options, cancel);
        if (leaks.Count == 0)
        {
            return new HostCheck(
                "leaks", CheckOutcome.Ok, $"nothing is left behind: no process, mount, link, control group, firewall rule or directory without an instance{await KeptAsync(options, cancel)}");
        }

        var shown = string.Join(", ", leaks.Take(ShownMax).Select(leak => $"{Word(leak.Kind)} {leak.What}"));
        var more = leaks.Count > ShownMax ? $" and {leaks.Count - ShownMax} more" : "";
        return new HostCheck("leaks", CheckOutcome.Reduced, $"left behind: {shown}{more}", "start the platform on this data directory once: it removes them");
    }

    /// <summary>What a stopped platform keeps on the host on purpose is said, so that nobody has to guess whose it is.</summary>
    private static async Task<string> KeptAsync(OciDriverOptions options, CancellationToken cancel)
    {
        var data = new DataPaths(Path.GetFullPath(options.DataDirectory));
        var runs = PlatformMark.IsAlive(data);
        var folded = LivingCells.Folded(data).Count is var asleep and > 0 ? Asleep(asleep, runs) : "";
        if (runs || await LivingCells.FindAsync(data, cancel) is not { Count: > 0 and var count })
        {
            return folded;
        }

        return $"{folded}; {count} {(count == 1 ? "container is" : "containers are")} kept, with bridge and firewall table, for instances that the next start takes up";
    }

    private static string Asleep(int count, bool platformRuns) => (count, platformRuns) switch
    {
        (1, true) => "; 1 sleeping instance has no container now and gets one again when woken (up --sleeping-cells)",
        (_, true) => $"; {count} sleeping instances have no container now and get one again when woken (up --sleeping-cells)",
        (1, false) => "; 1 sleeping instance is kept in the data directory for the next start",
        _ => $"; {count} sleeping instances are kept in the data directory for the next start",
    };

    internal static async Task<IReadOnlyList<Remains>> FindAsync(OciDriverOptions options, CancellationToken cancel)
    {
        var data = new DataPaths(Path.GetFullPath(options.DataDirectory));
        var platformRuns = PlatformMark.IsAlive(data);
        var name = PlatformName.Of(data.Data);
        var links = LivingCells.Links(name, data);
        // Remains first: a cell that is made meanwhile is then not taken for a leak.
        var remains = await new RemainsFinder(name, data, CgroupLayout.OfHost(), links).FindAsync(cancel);
        var living = await LivingCells.FindAsync(data, cancel);
        var owned = platformRuns || !Directory.Exists(data.Instances)
            ? living
            : living.Intersect(Adoptable(data)).ToHashSet();
        owned = owned.Union(LivingCells.Folded(data)).ToHashSet();
        // A clean stop takes what the cells share off the host, although instances sleep on; a killed platform leaves it, with their states, to the next one.
        var shared = platformRuns || (owned.Count > 0 && Directory.Exists(data.States));
        return [.. remains.Where(one => one.Cell is null ? !shared : !owned.Contains(one.Cell) && !IsPoolLink(one, platformRuns))];
    }

    /// <summary>Cells of instances that the next start takes up. One that was never ready is removed by it: its cell is a leak.</summary>
    private static IEnumerable<string> Adoptable(DataPaths data) =>
        new InstanceStore(data).ReadAll().Where(state => state.Reach is not null).Select(state => state.Cell);

    /// <summary>A link of a pool's cell is in no instance's state; it ends with its namespace, so it can't outlive the cell.</summary>
    private static bool IsPoolLink(Remains one, bool platformRuns) => platformRuns && one is { Kind: RemainsKind.Link, Cell: "unknown" };

    private static string Word(RemainsKind kind) => kind switch
    {
        RemainsKind.ControlGroup => "control group",
        RemainsKind.FirewallTable => "firewall table",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
