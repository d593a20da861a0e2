using System.Net;
using Homeostat.Drivers.Runtime.Oci.Cgroups;
using Homeostat.Drivers.Runtime.Oci.Keeper;
using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Cells;

/// <summary>
/// A container that stands ready: namespaces, root, address and control group made, its init waiting for a program to start or to restore.
/// Made and destroyed by <see cref="CellFactory"/>.
/// </summary>
internal sealed class Cell(string id, CellPaths paths, IPAddress address, ICellGroup cgroup, CellLimits limits, Netns netns, KeeperClient keeper, int initPid) : IAsyncDisposable
{
    /// <summary>Twelve hex digits; also the container's host name.</summary>
    public string Id => id;

    public CellPaths Paths => paths;

    public IPAddress Address => address;

    public ICellGroup Cgroup => cgroup;

    /// <summary>What is in it may use, and what it has used.</summary>
    public CellLimits Limits => limits;

    public Netns Netns => netns;

    public KeeperClient Keeper => keeper;

    /// <summary>Of a cell made for a pool; null of one that was adopted.</summary>
    public CellFreshness? Freshness { get; set; }

    /// <summary>It can't be used any more: it has ended, or shows what is no longer there.</summary>
    public bool IsStale => keeper.Exited.IsCompleted || Freshness?.Holds(this) == false;

    /// <summary>Process id of init on the host; valid while the cell lives.</summary>
    public int InitPid => initPid;

    /// <summary>Lets go of the cell without ending it.</summary>
    public async ValueTask DisposeAsync()
    {
        limits.Dispose();
        await keeper.DisposeAsync();
        netns.Dispose();
    }
}
