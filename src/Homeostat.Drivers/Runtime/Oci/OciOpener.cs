using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Host;
using Homeostat.Drivers.Runtime.Oci.Images;
using Homeostat.Drivers.Runtime.Oci.Networks;
using Homeostat.Drivers.Runtime.Oci.Roots;
using Homeostat.Drivers.Runtime.Oci.Sweep;

namespace Homeostat.Drivers.Runtime.Oci;

/// <summary>Puts a driver together on a data directory, and takes it apart.</summary>
internal static class OciOpener
{
    /// <summary>For cells that are being taken down when the platform stops; each takes some milliseconds.</summary>
    private static readonly TimeSpan BackgroundLimit = TimeSpan.FromSeconds(10);

    public static async Task<OciRuntimeDriver> OpenAsync(OciDriverOptions options, TimeProvider time, CancellationToken cancel)
    {
        var data = new DataPaths(Path.GetFullPath(options.DataDirectory));
        var isFirst = !Directory.Exists(data.Volatile);
        data.Make();
        try
        {
            return await OpenAsync(data, options, time, cancel);
        }
        catch when (isFirst && Directory.Exists(data.Volatile) && IsBare(data))
        {
            // Nothing that must stay.
            RemoveVolatile(data);
            throw;
        }
    }

    private static async Task<OciRuntimeDriver> OpenAsync(DataPaths data, OciDriverOptions options, TimeProvider time, CancellationToken cancel)
    {
        var facts = await HostProbe.ProbeAsync(options, cancel);
        if (facts.Tools is not { } tools)
        {
            var failed = facts.Checks.Where(check => check.Outcome == CheckOutcome.Failed).Select(check => $"{check.What} ({check.Remedy})");
            throw new IOException($"containers can't be run here: {string.Join("; ", failed)}");
        }

        var name = PlatformName.Of(data.Data);
        var network = await OpenNetworkAsync(name, data, options, cancel);
        ImageMemory.Mount(data.MemoryImages);
        var roots = new ImageStoreOptions { MemoryRoot = data.MemoryImages, DiskRoot = data.Images, MemoryBytesMax = options.ImageMemoryBytes };
        var images = tools.Criu is { } criu ? new ImageStore(roots, ImageStamp.OfHost(criu), time) : null;
        images?.MoveToMemory(cancel);
        var cells = new CellFactory(name, data, tools, facts.Cgroups, network, roots.Roots);
        var context = new OciContext(options, name, data, tools, facts.Capabilities, network, cells, images, new LargeFolios(data.PageSize), new HintBoard(), time);
        PlatformMark.Write(data);
        var driver = new OciRuntimeDriver(context);
        try
        {
            await driver.AdoptAsync(cancel);
            return driver;
        }
        catch when (!Directory.EnumerateDirectories(data.Instances).Any())
        {
            // Nothing to take up, so nothing that must stay: the bridge and the rules go again.
            await driver.DisposeAsync();
            throw;
        }
    }

    /// <param name="isPutAway">What is left of the instances is on disk; nothing is needed on the host.</param>
    public static async Task CloseAsync(OciContext context, bool isPutAway)
    {
        await context.Background.WaitAsync(BackgroundLimit, context.Time);
        PlatformMark.Remove(context.Data);
        if (CellsWithoutInstance(context))
        {
            // A keeper that hung, a directory that could not be removed at the time: what the next start would remove goes now.
            await Sweeper.RunAsync(context, CancellationToken.None);
        }

        context.Folios.Lower();
        if (context.Instances.IsEmpty || isPutAway)
        {
            await LeaveHostAsync(context);
        }

        foreach (var instance in context.Instances.All)
        {
            if (instance.Cell is { } cell)
            {
                await cell.DisposeAsync();
            }
        }

        context.Network.Dispose();
        context.Cells.Dispose();
    }

    /// <summary>Nothing of the platform is on the host afterwards; sleeping instances are in its data directory alone.</summary>
    private static async Task LeaveHostAsync(OciContext context)
    {
        await context.Network.LowerAsync(anyway: true, CancellationToken.None);
        await context.Cells.RemoveGroupsAsync(context.Time);
        HostRoots.Collect(context);
        if (context.Instances.IsEmpty)
        {
            File.Delete(context.Data.Network);
        }
        else
        {
            // They keep their addresses; what the host's forwarding is set to until the next start is the host's.
            new NetworkMemory(context.Network.Addresses.Range.ToString(), ForwardingWas: null).Write(context.Data.Network);
        }

        foreach (var instance in context.Instances.All)
        {
            context.Store.Keep(instance.State!);
        }

        RemoveVolatile(context.Data);
    }

    private static void RemoveVolatile(DataPaths data)
    {
        ImageMemory.Unmount(data.MemoryImages);
        Directory.Delete(data.Volatile, recursive: true);
        VolatileDirectory.RemoveParent(data.Volatile);
    }

    /// <summary>No state of an instance and no image is in memory.</summary>
    private static bool IsBare(DataPaths data) => !((string[])[data.States, data.MemoryImages]).Any(path => Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any());

    private static bool CellsWithoutInstance(OciContext context)
    {
        var kept = context.Instances.All.Select(instance => instance.CellId).OfType<string>().ToHashSet();
        return Directory.EnumerateDirectories(context.Data.Cells).Any(directory => !kept.Contains(Path.GetFileName(directory)));
    }

    private static async Task<PlatformNetwork> OpenNetworkAsync(PlatformName name, DataPaths data, OciDriverOptions options, CancellationToken cancel)
    {
        var memory = NetworkMemory.Read(data.Network);
        var wanted = options.Addresses ?? memory?.Range;
        var range = wanted is null ? null : AddressRange.Parse(wanted);
        var network = await PlatformNetwork.OpenAsync(name, range, memory?.ForwardingWas, cancel);
        new NetworkMemory(network.Addresses.Range.ToString(), network.ForwardingWas).Write(data.Network);
        return network;
    }
}
