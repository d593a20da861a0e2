using System.Net;

namespace Homeostat.Drivers.Runtime.Oci.Networks;

/// <summary>The changes of links, addresses, neighbours and routes that instances need, by number from linux/if_link.h, rtnetlink.h and neighbour.h.</summary>
internal static class Links
{
    private const ushort NewLink = 16, DelLink = 17, SetLink = 19, NewAddr = 20, NewRoute = 24, NewNeigh = 28, DelNeigh = 29;
    private const ushort Request = 1, Ack = 4, Replace = 0x100, Exclusive = 0x200, Create = 0x400;
    private const uint Up = 1;
    private const byte Inet = 2, Bridge = 7;
    private const int FileExists = 17, NoDevice = 19, NoEntry = 2;

    /// <summary>Makes a bridge with a fixed MAC (a bridge without one takes the lowest of its ports, and permanent neighbour entries would point nowhere).</summary>
    public static void MakeBridge(Netlink net, string name, byte[] mac)
    {
        var message = new NetlinkMessage(NewLink, Request | Ack | Create | Exclusive)
            .Link(0, 0, Up, Up)
            .Attribute(3, name)
            .Attribute(1, mac)
            .Nest(18, info => info.Attribute(1, "bridge"));
        var errno = net.TrySend(message);
        if (errno is not (0 or FileExists))
        {
            throw new NetlinkException($"making the bridge {name}", errno);
        }
    }

    /// <summary>Makes a pair: one end here as a port of the bridge, the other as eth0 in the namespace.</summary>
    public static void MakePair(Netlink net, string name, byte[] mac, int bridge, int netnsFd) =>
        net.Send(
            new NetlinkMessage(NewLink, Request | Ack | Create | Exclusive)
                .Link(0, 0, Up, Up)
                .Attribute(3, name)
                .Attribute(10, bridge)
                .Nest(18, info => info
                    .Attribute(1, "veth")
                    .Nest(2, data => data.Nest(1, peer => peer
                        .Link(0, 0, 0, 0)
                        .Attribute(3, "eth0")
                        .Attribute(1, mac)
                        .Attribute(28, netnsFd)))),
            $"making the link {name}");

    /// <summary>A port that is isolated exchanges nothing with other isolated ports: instances don't see each other.</summary>
    public static void Isolate(Netlink net, int port, string name) =>
        net.Send(
            new NetlinkMessage(SetLink, Request | Ack)
                .Link(Bridge, port, 0, 0)
                .Nest(12 | 0x8000, info => info.Attribute(33, (byte)1)),
            $"isolating the bridge port {name}");

    public static void BringUp(Netlink net, int index) =>
        net.Send(new NetlinkMessage(NewLink, Request | Ack).Link(0, index, Up, Up), "bringing a link up");

    public static void Delete(Netlink net, int index, string name)
    {
        var errno = net.TrySend(new NetlinkMessage(DelLink, Request | Ack).Link(0, index, 0, 0));
        if (errno is not (0 or NoDevice))
        {
            throw new NetlinkException($"deleting the link {name}", errno);
        }
    }

    public static void AddAddress(Netlink net, int index, IPAddress address, int prefix) =>
        net.Send(
            new NetlinkMessage(NewAddr, Request | Ack | Create | Replace)
                .Fixed([Inet, (byte)prefix, 0, 0, .. BitConverter.GetBytes(index)])
                .Attribute(2, address)
                .Attribute(1, address),
            $"giving a link the address {address}");

    public static void AddDefaultRoute(Netlink net, int index, IPAddress gateway) =>
        net.Send(
            new NetlinkMessage(NewRoute, Request | Ack | Create)
                .Fixed([Inet, 0, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0])
                .Attribute(5, gateway)
                .Attribute(4, index),
            "adding a default route");

    /// <summary>Answers "who has this address" for ever, so that a reused address never waits for a stale entry to time out (stalls of 1 to 11 s were measured).</summary>
    public static void AddNeighbour(Netlink net, int index, IPAddress address, byte[] mac) =>
        net.Send(
            new NetlinkMessage(NewNeigh, Request | Ack | Create | Replace)
                .Fixed([Inet, 0, 0, 0, .. BitConverter.GetBytes(index), 0x80, 0, 0, 0])
                .Attribute(1, address)
                .Attribute(2, mac),
            $"adding the neighbour {address}");

    public static void DeleteNeighbour(Netlink net, int index, IPAddress address)
    {
        var message = new NetlinkMessage(DelNeigh, Request | Ack)
            .Fixed([Inet, 0, 0, 0, .. BitConverter.GetBytes(index), 0x80, 0, 0, 0])
            .Attribute(1, address);
        var errno = net.TrySend(message);
        if (errno is not (0 or NoEntry or NoDevice))
        {
            throw new NetlinkException($"deleting the neighbour {address}", errno);
        }
    }

    /// <summary>Index of a link of this thread's namespace, 0 when there is none.</summary>
    public static int IndexOf(string name) => InterfaceIndex.Of(name);

    /// <summary>02:48 (locally administered, "H") and the four bytes of the address: the same address has the same MAC for ever.</summary>
    public static byte[] MacOf(IPAddress address) => [0x02, 0x48, .. address.GetAddressBytes()];
}
