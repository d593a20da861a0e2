using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Homeostat.Core.Runtime;
using Homeostat.Drivers.Runtime.Oci.Bundles;
using Homeostat.Drivers.Runtime.Oci.Cgroups;
using Homeostat.Drivers.Runtime.Oci.Keeper;
using Homeostat.Drivers.Runtime.Oci.Native;
using Homeostat.Drivers.Runtime.Oci.Networks;
using Homeostat.Drivers.Runtime.Oci.Roots;

namespace Homeostat.Drivers.Runtime.Oci.Cells;

/// <summary>
/// Makes cells and takes them down. A cell's namespaces and mounts belong to its processes alone, so a cell that dies leaves only its directory, its control
/// group and its neighbour entry, which the sweeper knows by name.
/// </summary>
/// <param name="imageRoots">Directories that images lie directly below; handed to the keepers.</param>
internal sealed class CellFactory(
    PlatformName name, DataPaths data, CellTools tools, CgroupLayout cgroups, PlatformNetwork network, IReadOnlyList<string> imageRoots) : IDisposable
{
    /// <summary>Tasks that were killed leave their control group within milliseconds, unless the host is very busy.</summary>
    private static readonly TimeSpan GroupPatience = TimeSpan.FromSeconds(2);

    /// <summary>Making a cell is mostly work of the kernel under a few locks: more than the cores at once only makes each slower.</summary>
    private readonly SemaphoreSlim _turns = new(Math.Max(2, Environment.ProcessorCount));

    private readonly string _resolvConf = NameFiles.ResolvConfOfHost();

    /// <exception cref="NoAddressException">The range is exhausted.</exception>
    /// <exception cref="IOException">The host refuses; what was begun is undone.</exception>
    public async Task<Cell> MakeAsync(CellPlan plan, CancellationToken cancel)
    {
        await _turns.WaitAsync(cancel);
        try
        {
            var freshness = CellFreshness.Of(plan);
            var range = network.Addresses.Range;
            var address = network.Addresses.Take() ?? throw new NoAddressException(range.ToString(), range.Capacity);
            var id = RandomNumberGenerator.GetHexString(12, lowercase: true);
            try
            {
                var cell = await MakeAsync(plan, id, address, cancel);
                cell.Freshness = freshness;
                return cell;
            }
            catch
            {
                RemoveTraces(id, address);
                throw;
            }
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <summary>Takes up a cell that an earlier platform made. No cell: it is not there any more; if its keeper is, with how it ended.</summary>
    public async Task<(Cell? Cell, CellEndedException? Ended)> AdoptAsync(string id, IPAddress address, CancellationToken cancel)
    {
        var paths = data.Cell(id);
        if (!File.Exists(Path.Combine(paths.Directory, "keeper.sock")) || !network.Addresses.Adopt(address))
        {
            return (null, null);
        }

        try
        {
            return (await ConnectAsync(id, paths, address, null, null, cancel), null);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // Its keeper died, and the cell with it; or the cell alone.
            network.Addresses.GiveBack(address);
            return (null, error as CellEndedException);
        }
    }

    /// <summary>Ends everything in the cell and removes what is left of it. Does not fail: what could not be removed is the sweeper's at the next start.</summary>
    /// <param name="keepUpperAs">Where to move what was written in it; null: it goes too.</param>
    public async Task DestroyAsync(Cell cell, string? keepUpperAs = null)
    {
        await cell.Keeper.QuitAsync(CancellationToken.None);
        await cell.DisposeAsync();
        if (keepUpperAs is not null)
        {
            WrittenTree.Remove(keepUpperAs);
            Directory.CreateDirectory(Path.GetDirectoryName(keepUpperAs)!);
            Directory.Move(cell.Paths.Upper, keepUpperAs);
        }

        RemoveTraces(cell.Id, cell.Address);
        // Where its keeper was killed nobody has waited for the last of its tasks.
        await CgroupOf(cell.Id).RemoveAllAsync(GroupPatience, TimeProvider.System);
    }

    /// <summary>Ends everything in the cell but leaves its directory, with what was written, and its address to its owner, for <see cref="UnfoldAsync"/>.</summary>
    public async Task FoldAsync(Cell cell)
    {
        await cell.Keeper.QuitAsync(CancellationToken.None);
        await cell.DisposeAsync();
        network.Detach(cell.Address);
        CgroupOf(cell.Id).Remove();
    }

    /// <summary>Makes the cell again that was folded up: the same files, name, address and limits.</summary>
    /// <exception cref="IOException">The host refuses, or what it was made of is not there any more. It stays folded up.</exception>
    public async Task<Cell> UnfoldAsync(string id, IPAddress address)
    {
        await _turns.WaitAsync();
        try
        {
            var paths = data.Cell(id);
            return await StandAsync(PlanRecord.Read(paths), id, paths, address, CancellationToken.None);
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <summary>Directories, link, neighbour entry, address and control group of a cell whose processes are gone.</summary>
    public void RemoveTraces(string id, IPAddress? address)
    {
        if (address is not null)
        {
            network.Detach(address);
            network.Addresses.GiveBack(address);
        }

        CgroupOf(id).Remove();
        // The keeper clears its slots, unless it was killed.
        var slots = imageRoots.Select(root => Path.Combine(root, "cells", id));
        foreach (var directory in slots.Concat([data.Cell(id).Directory, Path.Combine(data.RuntimeState, id)]))
        {
            WrittenTree.TryRemove(directory);
        }
    }

    public void Dispose() => _turns.Dispose();

    public CgroupLayout Cgroups => cgroups;

    /// <summary>The platform's own group, and the one of all platforms if this was the last: a group that is not empty stays.</summary>
    public async Task RemoveGroupsAsync(TimeProvider time)
    {
        await new Cgroup(cgroups, name.CgroupPath).RemoveAllAsync(TimeSpan.FromSeconds(2), time);
        new Cgroup(cgroups, PlatformName.CgroupTop).Remove();
    }

    public Cgroup CgroupOf(string id) => new(cgroups, name.CgroupPath + "/" + id);

    private async Task<Cell> MakeAsync(CellPlan plan, string id, IPAddress address, CancellationToken cancel)
    {
        var paths = data.Cell(id);
        foreach (var directory in (string[])[paths.Bundle, paths.Root, paths.Upper, paths.Work])
        {
            Directory.CreateDirectory(directory);
        }

        NameFiles.Write(paths.Upper, id, address, _resolvConf);
        SharedTmp.MakeWhereMissing(plan.Lowers, paths.Upper);
        PlanRecord.Write(paths, plan);
        return await StandAsync(plan, id, paths, address, cancel);
    }

    /// <summary>Its directory is there: namespaces, root, container and keeper are made.</summary>
    private async Task<Cell> StandAsync(CellPlan plan, string id, CellPaths paths, IPAddress address, CancellationToken cancel)
    {
        await network.RaiseAsync(cancel);
        var netns = await Netns.CreateAsync();
        try
        {
            network.Attach(netns, address);
            var spec = new BundleSpec(
                paths.Root, tools.Init, data.NodeScript, id, netns.Path, cgroups.IsNone ? null : name.CgroupPath + "/" + id, plan.MemoryBytes, plan.HostUsr, plan.Mounts);
            BundleWriter.Write(paths.Bundle, spec);
            await OwnThread.RunAsync("cell", () =>
            {
                RootOverlay.Enter(plan.Lowers, paths);
                KeeperProcess.Spawn(SettingsOf(id, paths));
                return true;
            });
            // Not cancelled from here on: the cell stands, and only a connected keeper can take it down.
            return await ConnectAsync(id, paths, address, netns, new ResourceLimits(Cpu: null, plan.MemoryBytes), CancellationToken.None);
        }
        catch
        {
            netns.Dispose();
            KillInit(paths);
            throw;
        }
    }

    /// <summary>A keeper that does not answer ends when its init does.</summary>
    private static void KillInit(CellPaths paths)
    {
        var file = Path.Combine(paths.Directory, "init.pid");
        if (File.Exists(file) && int.TryParse(File.ReadAllText(file), out var pid) && pid > 1)
        {
            Libc.Kill(pid, Libc.SigKill);
        }
    }

    private async Task<Cell> ConnectAsync(string id, CellPaths paths, IPAddress address, Netns? netns, ResourceLimits? limits, CancellationToken cancel)
    {
        var keeper = await KeeperClient.ConnectAsync(paths.Directory, cancel);
        try
        {
            var status = await keeper.StatusAsync(cancel);
            if (status.Exit is { } exit)
            {
                throw new CellEndedException(exit, status.Lost);
            }

            var group = cgroups.IsNone ? null : CgroupOf(id);
            return new Cell(id, paths, address, (ICellGroup?)group ?? new ProcessTree(status.InitPid), new CellLimits(group, limits), netns ?? Netns.OfProcess(status.InitPid), keeper, status.InitPid);
        }
        catch
        {
            await keeper.DisposeAsync();
            throw;
        }
    }

    private KeeperSettings SettingsOf(string id, CellPaths paths) => new()
    {
        Id = id,
        Directory = paths.Directory,
        Bundle = paths.Bundle,
        Runtime = tools.Runtime,
        RuntimeRoot = data.RuntimeState,
        Criu = tools.Criu,
        RunDirectory = data.CriuRun,
        ControlGroups = !cgroups.IsNone,
        ImageRoots = imageRoots,
        Keeper = tools.Keeper,
    };
}
