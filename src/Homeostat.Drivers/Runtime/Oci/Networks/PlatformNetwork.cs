using System.Net;
using Homeostat.Drivers.Runtime.Oci.Host;
using Homeostat.Drivers.Runtime.Oci.Native;
using Homeostat.Drivers.Runtime.Oci.Rootless;

namespace Homeostat.Drivers.Runtime.Oci.Networks;

/// <summary>
/// The platform's bridge, address range and firewall table, all named after the data directory; and the links of its cells.
/// The range is kept while the platform runs; bridge and table are there only while there are cells (<see cref="RaiseAsync"/>, <see cref="LowerAsync"/>),
/// so that a platform without services leaves the host as it was.
/// </summary>
internal sealed class PlatformNetwork : IDisposable
{
    private readonly PlatformName _name;
    private readonly Netlink _net = new();
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _turn = new(1);
    private int _bridge;
    private volatile bool _up;

    private PlatformNetwork(PlatformName name, AddressRange range, string? forwardingWas)
    {
        _name = name;
        ForwardingWas = forwardingWas;
        Addresses = new AddressPool(range, Random.Shared.Next(range.Capacity));
    }

    public AddressPool Addresses { get; }

    /// <summary>The host's ip_forward before the platform set it to 1; null: it was 1.</summary>
    public string? ForwardingWas { get; private set; }

    /// <summary>Makes what is missing; what an earlier platform on the data directory left is taken over.</summary>
    /// <param name="chosen">From the options, or what was chosen before on this data directory; null: choose a free one.</param>
    /// <param name="forwardingWas">What an earlier platform on the data directory found in ip_forward before it set it to 1.</param>
    /// <exception cref="IOException">The range collides with a route of the host, or the kernel refuses.</exception>
    public static async Task<PlatformNetwork> OpenAsync(PlatformName name, AddressRange? chosen, string? forwardingWas, CancellationToken cancel)
    {
        var routed = RangeChoice.Routed(await File.ReadAllLinesAsync("/proc/net/route", cancel), name.Bridge);
        if (chosen is { } fixedRange && routed.Where(route => route.Overlaps(fixedRange)).Select(route => route.ToString()).FirstOrDefault() is { } clash)
        {
            throw new IOException(
                $"the address range {fixedRange} of the instances collides with the host's route {clash}: choose another range with --addresses");
        }

        var range = chosen ?? RangeChoice.Choose(name.Seed, routed)
            ?? throw new IOException("all address ranges between 10.88.0.0 and 10.93.255.255 are routed elsewhere: choose a range with --addresses");
        var network = new PlatformNetwork(name, range, forwardingWas);
        await network.RaiseAsync(cancel);
        return network;
    }

    /// <summary>Makes bridge and firewall table if they are not there. Called before each cell is made: costs nothing when they are.</summary>
    public async ValueTask RaiseAsync(CancellationToken cancel)
    {
        if (_up)
        {
            return;
        }

        await _turn.WaitAsync(cancel);
        try
        {
            if (!_up)
            {
                // Not cancelled: half of it would be made and nobody would know.
                ForwardingWas ??= await EnableForwardingAsync(CancellationToken.None);
                await Command.RunAsync("nft", ["-f", "-"], FirewallRules.Make(_name.Bridge, Addresses.Range), CancellationToken.None);
                _bridge = MakeBridge(_name.Bridge, Addresses.Range);
                _up = true;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Removes bridge and firewall table and puts the host's forwarding back, if no address is taken: a cell in the making has one already.</summary>
    /// <param name="anyway">Also while addresses are taken: the platform ends and no cell is left.</param>
    /// <returns>Whether nothing of the network is left.</returns>
    public async Task<bool> LowerAsync(bool anyway, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            if (_up && (anyway || Addresses.TakenCount == 0))
            {
                _up = false;
                await RemoveAsync(cancel);
            }

            return !_up;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Gives an empty namespace an address on the bridge. The address is taken before and given back by the caller.</summary>
    /// <returns>The name of the link on the host.</returns>
    public string Attach(Netns netns, IPAddress address)
    {
        var link = _name.LinkOf(address, Addresses.Range);
        var mac = Links.MacOf(address);
        lock (_lock)
        {
            Links.MakePair(_net, link, mac, _bridge, netns.Fd);
            var index = Links.IndexOf(link);
            Links.Isolate(_net, index, link);
            Links.AddNeighbour(_net, _bridge, address, mac);
        }

        netns.Run(() => Configure(address));
        return link;
    }

    /// <summary>Removes the link and the neighbour entry of an address. What is gone already is fine: the link goes with its namespace.</summary>
    public void Detach(IPAddress address)
    {
        var link = _name.LinkOf(address, Addresses.Range);
        lock (_lock)
        {
            if (Links.IndexOf(link) is var index and not 0)
            {
                Links.Delete(_net, index, link);
            }

            Links.DeleteNeighbour(_net, _bridge, address);
        }
    }

    public void Dispose()
    {
        _net.Dispose();
        _turn.Dispose();
    }

    private async Task RemoveAsync(CancellationToken cancel)
    {
        lock (_lock)
        {
            Links.Delete(_net, _bridge, _name.Bridge);
        }

        await Command.RunAsync("nft", ["-f", "-"], FirewallRules.Delete(_name.Bridge), cancel);
        if (ForwardingWas is not null)
        {
            await File.WriteAllTextAsync("/proc/sys/net/ipv4/ip_forward", ForwardingWas, cancel);
            ForwardingWas = null;
        }
    }

    private static int MakeBridge(string name, AddressRange range)
    {
        using var net = new Netlink();
        Links.MakeBridge(net, name, Links.MacOf(range.Gateway));
        var bridge = Links.IndexOf(name);
        Links.AddAddress(net, bridge, range.Gateway, range.Prefix);
        Links.BringUp(net, bridge);
        return bridge;
    }

    /// <summary>Inside the namespace: loopback, address, route, and the bridge's MAC for ever.</summary>
    private bool Configure(IPAddress address)
    {
        using var net = new Netlink();
        var eth0 = Links.IndexOf("eth0");
        // No router speaks IPv6 on the bridge; a link-local address would only cost a duplicate address check. ::1 stays.
        WriteIfPresent("/proc/sys/net/ipv6/conf/eth0/disable_ipv6", "1");
        // As Docker and Podman do: ping and low ports without capabilities.
        WriteIfPresent("/proc/sys/net/ipv4/ping_group_range", $"0 {Math.Min(UserNamespace.Own.Ids - 1, int.MaxValue)}");
        WriteIfPresent("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
        Links.BringUp(net, 1);
        Links.AddAddress(net, eth0, address, Addresses.Range.Prefix);
        Links.BringUp(net, eth0);
        Links.AddNeighbour(net, eth0, Addresses.Range.Gateway, Links.MacOf(Addresses.Range.Gateway));
        Links.AddDefaultRoute(net, eth0, Addresses.Range.Gateway);
        return true;
    }

    private static void WriteIfPresent(string path, string value)
    {
        if (File.Exists(path))
        {
            File.WriteAllText(path, value);
        }
    }

    /// <summary>The value before, when it had to be changed.</summary>
    private static async Task<string?> EnableForwardingAsync(CancellationToken cancel)
    {
        const string path = "/proc/sys/net/ipv4/ip_forward";
        var was = (await File.ReadAllTextAsync(path, cancel)).Trim();
        if (was == "1")
        {
            return null;
        }

        await File.WriteAllTextAsync(path, "1", cancel);
        return was;
    }
}
