using System.Net;
using System.Net.Sockets;
using Homeostat.Drivers.Runtime.Oci.Native;
using Homeostat.Drivers.Runtime.Oci.Readiness;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Readiness;

public sealed class ListenProbeTests
{
    private static readonly IPAddress Own = IPAddress.Parse("10.9.8.7");

    [Theory]
    [InlineData("0.0.0.0", ReachWay.Bridge, "10.9.8.7")]
    [InlineData("::", ReachWay.Bridge, "10.9.8.7")]
    [InlineData("127.0.0.1", ReachWay.Inside, "127.0.0.1")]
    public async Task Listener_IsFound(string address, object way, string target)
    {
        Assert.SkipUnless(Libc.EffectiveUser() == 0, "needs root");
        using var netns = await Netns.CreateAsync();
        using var listener = Listen(netns, address, out var port);
        using var probe = new ListenProbe(netns);

        Assert.Equal(new Reach((ReachWay)way, new IPEndPoint(IPAddress.Parse(target), port)), probe.Find(port, Own));
        Assert.Null(probe.Find(port == 1 ? 2 : port - 1, Own));
        Assert.Contains(ListenTable.Read(netns), endpoint => endpoint.Port == port);
    }

    [Fact]
    public async Task Listener_OfAnotherNamespace_IsNotFound()
    {
        Assert.SkipUnless(Libc.EffectiveUser() == 0, "needs root");
        using var netns = await Netns.CreateAsync();
        using var other = await Netns.CreateAsync();
        using var listener = Listen(other, "0.0.0.0", out var port);
        using var probe = new ListenProbe(netns);

        Assert.Null(probe.Find(port, Own));
        Assert.Empty(ListenTable.Read(netns));
    }

    [Fact]
    public async Task SocketThatIsBoundOrClosed_IsNotFound()
    {
        Assert.SkipUnless(Libc.EffectiveUser() == 0, "needs root");
        using var netns = await Netns.CreateAsync();
        using var probe = new ListenProbe(netns);
        using var bound = Bind(netns, "0.0.0.0");
        var port = ((IPEndPoint)bound.LocalEndPoint!).Port;

        Assert.Null(probe.Find(port, Own));
        bound.Listen();
        Assert.NotNull(probe.Find(port, Own));
        bound.Close();
        Assert.Null(probe.Find(port, Own));
    }

    private static Socket Listen(Netns netns, string address, out int port)
    {
        var socket = Bind(netns, address);
        socket.Listen();
        port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        return socket;
    }

    private static Socket Bind(Netns netns, string address)
    {
        var ip = IPAddress.Parse(address);
        var socket = netns.Run(() => new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        if (ip.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = true;
        }

        // Loopback is down in a new namespace, which hinders nobody from binding to it.
        socket.Bind(new IPEndPoint(ip, 0));
        return socket;
    }
}
