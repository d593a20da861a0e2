using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Homeostat.Drivers.Runtime.Oci.Native;
using Homeostat.Drivers.Runtime.Oci.Networks;

namespace Homeostat.Drivers.Runtime.Oci.Readiness;

/// <summary>
/// Asks the kernel (sock_diag(7)) whether a port is listened on in a cell's network namespace. Nothing is sent to the program, so it sees nothing.
/// </summary>
/// <remarks>
/// One socket is looked up as an arriving connection would look it up, in the table of listeners: 2 us, whatever the host does. Reading
/// <c>/proc/net/tcp</c> instead walks the table of connections of the whole host, which grows with its memory: 4 ms a look on a host of 24 GB.
/// </remarks>
internal sealed class ListenProbe : IDisposable
{
    private const ushort SocketByFamily = 20;
    private const ushort Request = 1;
    private const byte FamilyV4 = 2;
    private const byte FamilyV6 = 10;
    private const byte Tcp = 6;
    private const byte StateListen = 10;
    private const int RequestBytes = 56;
    private const int SourcePortAt = 8;
    private const int SourceAddressAt = 12;
    private const int CookieAt = 48;

    private readonly Netlink _socket;

    public ListenProbe(Netns netns) => _socket = netns.Run(() => new Netlink(NetlinkProtocol.SocketDiagnosis));

    /// <summary>The best way to <paramref name="port"/>, null when nothing listens there, neither on the cell's address nor on its loopback.</summary>
    public Reach? Find(int port, IPAddress own) =>
        Listens(own, port) ? new Reach(ReachWay.Bridge, new IPEndPoint(own, port))
        : Listens(IPAddress.Loopback, port) ? new Reach(ReachWay.Inside, new IPEndPoint(IPAddress.Loopback, port))
        : Listens(IPAddress.IPv6Loopback, port) ? new Reach(ReachWay.Inside, new IPEndPoint(IPAddress.IPv6Loopback, port))
        : null;

    /// <summary>Tries it on a socket of our own: a kernel that lacks the lookup answers like one that found nothing.</summary>
    public static bool Works(Netns netns)
    {
        using var listener = netns.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Any, 0));
        listener.Listen();
        using var probe = new ListenProbe(netns);
        return probe.Listens(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndPoint!).Port);
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Also true where a wildcard address is listened on. False for a family that the namespace does not have.</summary>
    private bool Listens(IPAddress address, int port)
    {
        // struct inet_diag_req_v2: family, protocol, extensions, padding, states, then the socket's id, of which only the local half is given.
        Span<byte> request = stackalloc byte[RequestBytes];
        request.Clear();
        request[0] = address.AddressFamily == AddressFamily.InterNetwork ? FamilyV4 : FamilyV6;
        request[1] = Tcp;
        request[4..8].Fill(0xff);
        BinaryPrimitives.WriteUInt16BigEndian(request[SourcePortAt..], (ushort)port);
        address.TryWriteBytes(request[SourceAddressAt..], out _);
        // "Any cookie", INET_DIAG_NOCOOKIE.
        request[CookieAt..].Fill(0xff);
        Span<byte> found = stackalloc byte[2];
        return _socket.TryAsk(new NetlinkMessage(SocketByFamily, Request).Fixed(request), found, out var length) == 0
            && length >= found.Length
            && found[1] == StateListen;
    }
}
