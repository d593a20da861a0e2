using System.Net;
using System.Net.Sockets;
using Homeostat.Drivers.Runtime.Oci.Instances;
using Homeostat.Drivers.Runtime.Oci.Keeper;
using Homeostat.Drivers.Runtime.Oci.Networks;

namespace Homeostat.Drivers.Runtime.Oci.Sweep;

/// <summary>Which cells of a data directory are alive, asked of their keepers, and which links are theirs.</summary>
internal static class LivingCells
{
    private static readonly TimeSpan AskLimit = TimeSpan.FromSeconds(2);

    public static async Task<IReadOnlySet<string>> FindAsync(DataPaths data, CancellationToken cancel)
    {
        var living = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var directory in Directory.Exists(data.Cells) ? Directory.GetDirectories(data.Cells) : [])
        {
            if (await AnswersAsync(directory, cancel))
            {
                living.Add(Path.GetFileName(directory));
            }
        }

        return living;
    }

    /// <summary>Cells that were folded up: of each only its directory is there, with an image that its instance will be restored from.</summary>
    public static IReadOnlyList<string> Folded(DataPaths data) => !Directory.Exists(data.Instances)
        ? []
        : [.. new InstanceStore(data).ReadAll().Where(state => HasImage(data, state.Id) && !File.Exists(Path.Combine(data.Cell(state.Cell).Directory, "keeper.sock"))).Select(state => state.Cell)];

    private static bool HasImage(DataPaths data, string instance) =>
        ((string[])[data.MemoryImages, data.Images]).Any(root => Directory.Exists(Path.Combine(root, $"sleep.{instance}")));

    /// <summary>Names of the links by the cells of the instances on disk.</summary>
    public static IReadOnlyDictionary<string, string> Links(PlatformName name, DataPaths data)
    {
        var links = new Dictionary<string, string>(StringComparer.Ordinal);
        if (NetworkMemory.Read(data.Network) is not { } memory || !Directory.Exists(data.Instances))
        {
            return links;
        }

        var range = AddressRange.Parse(memory.Range);
        foreach (var state in new InstanceStore(data).ReadAll())
        {
            links[name.LinkOf(IPAddress.Parse(state.Address), range)] = state.Cell;
        }

        return links;
    }

    private static async Task<bool> AnswersAsync(string directory, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(AskLimit);
        var connected = false;
        try
        {
            await using var keeper = await KeeperClient.ConnectAsync(directory, limit.Token);
            connected = true;
            return (await keeper.StatusAsync(limit.Token)).State != "ended";
        }
        catch (OperationCanceledException) when (connected && !cancel.IsCancellationRequested)
        {
            // In the middle of a dump or restore it answers nobody.
            return true;
        }
        catch (Exception error) when (error is SocketException or IOException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return false;
        }
    }
}
