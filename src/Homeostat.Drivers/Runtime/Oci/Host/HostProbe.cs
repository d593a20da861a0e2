using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Cgroups;
using Homeostat.Drivers.Runtime.Oci.Instances;
using Homeostat.Drivers.Runtime.Oci.Native;
using Homeostat.Drivers.Runtime.Oci.Readiness;
using Homeostat.Drivers.Runtime.Oci.Rootless;
using Homeostat.Drivers.Runtime.Oci.Sweep;
using Homeostat.Drivers.Runtime.Oci.Tiers;

namespace Homeostat.Drivers.Runtime.Oci.Host;

/// <summary>
/// Looks at what the host can do, by trying it where trying is cheap. Leaves nothing behind. Its checks are the first part of <c>doctor</c>;
/// <see cref="LeakCheck"/> is the other.
/// </summary>
public static class HostProbe
{
    /// <summary>process_madvise and pidfd_open, Linux 5.10; a cgroup namespace and time limits come with it.</summary>
    private static readonly Version KernelMin = new(5, 10);

    /// <summary>The checks for <c>doctor</c>, worst first; the last look is for what was left behind.</summary>
    public static async Task<IReadOnlyList<HostCheck>> CheckAsync(OciDriverOptions options, CancellationToken cancel)
    {
        var facts = await ProbeAsync(options, cancel);
        return [.. facts.Checks.Append(await LeakCheck.RunAsync(options, cancel)).OrderByDescending(check => check.Outcome)];
    }

    internal static async Task<HostFacts> ProbeAsync(OciDriverOptions options, CancellationToken cancel)
    {
        var data = new DataPaths(Path.GetFullPath(options.DataDirectory));
        var cgroups = CgroupLayout.OfHost();
        var libexec = Libexec.Find(options.Libexec);
        var runtime = Libexec.FindProgram("crun", "runc");
        var criu = libexec is null ? null : Existing(libexec, "criu");
        List<HostCheck> checks = [await RootlessChecks.RootAsync(cancel), Kernel(), Native(libexec), HostHints.DataPath(data.Data), await RuntimeAsync(runtime, cancel), CgroupsOf(cgroups)];
        if (checks[0].Outcome == CheckOutcome.Ok)
        {
            checks.Add(await OverlayAsync(data));
            checks.Add(await NetworkAsync(PlatformName.Of(data.Data).Bridge, checks, cancel));
        }

        var asRoot = UserNamespace.IsHostRoot;
        checks.Add(asRoot ? await CriuAsync(criu, cancel) : RootlessChecks.Criu);
        checks.Add(asRoot ? Freezer(cgroups) : RootlessChecks.Freezer);
        checks.Add(asRoot ? Swap() : RootlessChecks.Swap);
        checks.AddRange(RootlessChecks.Users() is { } users ? [users] : []);
        checks.Add(HostHints.PageSizes());
        var runs = checks.All(check => check.Outcome != CheckOutcome.Failed);
        var imaging = runs && IsOk(checks, "criu");
        var capabilities = new DriverCapabilities(
            "oci",
            Freeze: runs && (IsOk(checks, "freezer") || !asRoot),
            PageOut: runs && IsOk(checks, "freezer") && IsOk(checks, "swap"),
            Checkpoint: imaging,
            Clones: imaging,
            [.. checks.Where(check => check.Outcome != CheckOutcome.Ok).Select(check => $"{check.Name}: {check.What}")])
        {
            Resize = runs && !cgroups.IsNone,
        };
        var tools = runs ? new CellTools(runtime!, Path.Combine(libexec!, "keeper"), Path.Combine(libexec!, "init"), imaging ? criu : null) : null;
        return new HostFacts(checks, tools, cgroups, capabilities);
    }

    private static bool IsOk(List<HostCheck> checks, string name) => checks.Exists(check => check.Name == name && check.Outcome == CheckOutcome.Ok);

    private static HostCheck Kernel()
    {
        var version = Environment.OSVersion.Version;
        return version >= KernelMin
            ? new("kernel", CheckOutcome.Ok, $"Linux {version.ToString(2)}")
            : new("kernel", CheckOutcome.Failed, $"Linux {version.ToString(2)} is older than {KernelMin}", "use a newer kernel");
    }

    private static HostCheck Native(string? libexec)
    {
        if (libexec is null)
        {
            return new("cells", CheckOutcome.Failed, "the folder libexec with the programs init and keeper is not found", "./run publish makes it; or set HOMEOSTAT_LIBEXEC");
        }

        var missing = string.Join(" and ", ((string[])["init", "keeper"]).Where(name => Existing(libexec, name) is null));
        return missing.Length == 0
            ? new("cells", CheckOutcome.Ok, $"init and keeper in {libexec}")
            : new("cells", CheckOutcome.Failed, $"{missing} is missing in {libexec}", "./run publish makes it; a C compiler is needed");
    }

    private static async Task<HostCheck> RuntimeAsync(string? runtime, CancellationToken cancel)
    {
        if (runtime is null)
        {
            return new("runtime", CheckOutcome.Failed, "neither crun nor runc is installed", "apt-get install crun");
        }

        try
        {
            var version = (await Command.RunAsync(runtime, ["--version"], null, cancel)).Split('\n')[0];
            return new("runtime", CheckOutcome.Ok, $"{runtime}: {version}");
        }
        catch (IOException error)
        {
            return new("runtime", CheckOutcome.Failed, error.Message, "reinstall it");
        }
    }

    private static HostCheck CgroupsOf(CgroupLayout layout)
    {
        if (!UserNamespace.IsHostRoot)
        {
            return RootlessChecks.Cgroups;
        }

        var missing = ((string[])["memory", "pids", "cpu"]).Where(controller => !layout.Has(controller)).ToList();
        var name = $"version {layout.Version}";
        return missing.Count == 0
            ? new("cgroups", CheckOutcome.Ok, $"{name} with memory, pids and cpu")
            : new(
                "cgroups",
                missing.Contains("memory") ? CheckOutcome.Failed : CheckOutcome.Reduced,
                $"{name} without {string.Join(", ", missing)}: those limits are not kept",
                "enable the controllers (kernel parameter cgroup_enable=..., or a mount of the hierarchy)");
    }

    private static HostCheck Freezer(CgroupLayout layout) => layout.Has("freezer")
        ? new("freezer", CheckOutcome.Ok, "control groups can be frozen")
        : new("freezer", CheckOutcome.Reduced, "no freezer: idle instances keep running until they become images", "mount the freezer hierarchy, or use cgroup version 2");

    private static HostCheck Swap() => PageOut.HasTarget()
        ? new("swap", CheckOutcome.Ok, "memory of frozen instances can be paged out")
        : new("swap", CheckOutcome.Reduced, "no swap: frozen instances keep their memory", "modprobe zram; zramctl -f -s 2G; mkswap and swapon it");

    private static async Task<HostCheck> OverlayAsync(DataPaths data)
    {
        try
        {
            await OverlayTrial.RunAsync(data);
            return new("overlay", CheckOutcome.Ok, $"overlay file systems work on {data.Data}");
        }
        catch (IOException error) when (DiskFull.Is(error))
        {
            return new("overlay", CheckOutcome.Failed, error.Message, $"free space on the disk of {data.Data}");
        }
        catch (IOException error)
        {
            return new("overlay", CheckOutcome.Failed, error.Message, "put the data directory on ext4, xfs or btrfs (not on an overlay or NFS); without root Linux 5.11 is needed");
        }
    }

    private static async Task<HostCheck> NetworkAsync(string bridge, List<HostCheck> checks, CancellationToken cancel)
    {
        if (Libexec.FindProgram("nft") is not { } nft)
        {
            return new("network", CheckOutcome.Failed, "nft is not installed: instances could not be kept apart from the host", "apt-get install nftables");
        }

        try
        {
            await Command.RunAsync(nft, ["list", "tables"], null, cancel);
            using var netns = await Netns.CreateAsync();
            checks.Add(UserNamespace.IsHostRoot ? await HostHints.ForwardingAsync(nft, bridge, cancel) : RootlessChecks.Outbound);
            return ListenProbe.Works(netns)
                ? new("network", CheckOutcome.Ok, "network namespaces and nftables work")
                : new("network", CheckOutcome.Failed, "the kernel does not tell about listening sockets: readiness can't be seen", "modprobe tcp_diag (CONFIG_INET_DIAG)");
        }
        catch (IOException error)
        {
            return new("network", CheckOutcome.Failed, error.Message, "load the kernel modules nf_tables, veth and bridge");
        }
    }

    private static async Task<HostCheck> CriuAsync(string? criu, CancellationToken cancel)
    {
        const string without = "no process images: instances sleep frozen and start cold";
        if (criu is null)
        {
            return new("criu", CheckOutcome.Reduced, $"criu is not found; {without}", "./run publish builds it");
        }

        try
        {
            await Command.RunAsync(criu, ["check"], null, cancel);
            return new("criu", CheckOutcome.Ok, (await Command.RunAsync(criu, ["--version"], null, cancel)).Replace("\n", " ").Trim());
        }
        catch (IOException error)
        {
            return new("criu", CheckOutcome.Reduced, $"{error.Message}; {without}", "a newer criu or a kernel with CONFIG_CHECKPOINT_RESTORE");
        }
    }

    private static string? Existing(string directory, string name) => Path.Combine(directory, name) is var path && File.Exists(path) ? path : null;
}
