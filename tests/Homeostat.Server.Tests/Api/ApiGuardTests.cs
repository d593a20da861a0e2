using System.Net;
using System.Net.Sockets;
using Homeostat.Server.Api;
using Xunit;

namespace Homeostat.Server.Tests.Api;

public sealed class ApiGuardTests
{
    [Theory]
    [InlineData("Host", "evil.example", 421)]
    [InlineData("Host", "evil.example:8081", 421)]
    [InlineData("Host", "127.0.0.1.evil.example", 421)]
    [InlineData("Host", "10.0.0.1", 421)]
    [InlineData("Host", "LOCALHOST", 200)]
    [InlineData("Host", "127.0.0.1:1", 200)]
    [InlineData("Host", "[::1]", 200)]
    [InlineData("Origin", "http://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Origin", "http://localhost:3000", 403)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-site", 403)]
    [InlineData("Sec-Fetch-Site", "none", 200)]
    public async Task Request_OfAWebPage_IsRefused(string header, string value, int status)
    {
        await using var scene = await PlatformScene.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/version");
        request.Headers.TryAddWithoutValidation(header, value);

        using var answer = await scene.Admin.SendAsync(request);

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public void OwnerOf_AnOwnConnection_IsThisUser()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndpoint);
        using var server = listener.AcceptSocket();

        var owner = PeerIdentity.OwnerOf((IPEndPoint)server.RemoteEndPoint!, (IPEndPoint)server.LocalEndPoint!);

        var own = uint.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2]);
        Assert.Equal(own, owner);
    }

    [Fact]
    public void OwnerOf_AnIPv6SocketToAnIPv4Address_IsFoundToo()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        client.Connect(((IPEndPoint)listener.LocalEndpoint).Address.MapToIPv6(), ((IPEndPoint)listener.LocalEndpoint).Port);
        using var server = listener.AcceptSocket();

        Assert.NotNull(PeerIdentity.OwnerOf((IPEndPoint)server.RemoteEndPoint!, (IPEndPoint)server.LocalEndPoint!));
    }

    [Fact]
    public void OwnerOf_AStranger_IsUnknown() =>
        Assert.Null(PeerIdentity.OwnerOf(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1), new IPEndPoint(IPAddress.Loopback, 1)));
}
