using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Homeostat.Drivers.Runtime.Oci.Keeper;
using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Sweep;

/// <summary>Removes what belongs to none of the instances there are: when a platform opens its data directory, and what a clean stop finds left.</summary>
internal static class Sweeper
{
    private static readonly TimeSpan QuitLimit = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(OciContext context, CancellationToken cancel)
    {
        var kept = context.Instances.All.Select(instance => instance.CellId).OfType<string>().ToHashSet();
        var links = context.Instances.All.Where(instance => instance.Cell is not null).ToDictionary(
            instance => context.Name.LinkOf(instance.Cell!.Address, context.Network.Addresses.Range), instance => instance.Cell!.Id);
        var finder = new RemainsFinder(context.Name, context.Data, context.Cells.Cgroups, links);
        foreach (var cell in Of(await finder.FindAsync(cancel), kept, RemainsKind.Directory).Select(one => one.Cell!).Distinct())
        {
            await QuitAsync(context.Data.Cell(cell).Directory, cancel);
        }

        // What is still there had no keeper that answers.
        var left = await finder.FindAsync(cancel);
        foreach (var one in Of(left, kept, RemainsKind.Keeper).Concat(Of(left, kept, RemainsKind.Process)))
        {
            Libc.Kill(int.Parse(one.What, CultureInfo.InvariantCulture), Libc.SigKill);
        }

        foreach (var one in Of(left, kept, RemainsKind.Mount))
        {
            Libc.Unmount(one.What, Libc.MntDetach);
        }

        foreach (var one in Of(left, kept, RemainsKind.Link))
        {
            Detach(context, one.What);
        }

        foreach (var cell in left.Select(one => one.Cell).OfType<string>().Where(cell => cell != "unknown" && !kept.Contains(cell)).Distinct())
        {
            context.Cells.RemoveTraces(cell, address: null);
        }
    }

    private static List<Remains> Of(IReadOnlyList<Remains> remains, HashSet<string> kept, RemainsKind kind) =>
        remains.Where(one => one.Kind == kind && one.Cell is { } cell && !kept.Contains(cell)).ToList();

    private static async Task QuitAsync(string directory, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(QuitLimit);
        try
        {
            await using var keeper = await KeeperClient.ConnectAsync(directory, limit.Token);
            await keeper.QuitAsync(limit.Token);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            // No keeper, or one that hangs: its processes are killed next.
            cancel.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The number behind the dash is the address's place in the range.</summary>
    private static void Detach(OciContext context, string link)
    {
        var range = context.Network.Addresses.Range;
        if (int.TryParse(link.AsSpan(link.IndexOf('-') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var n) && n < range.Capacity)
        {
            IPAddress address = range.Nth(n);
            context.Network.Detach(address);
            context.Network.Addresses.GiveBack(address);
        }
    }
}
