using Homeostat.Server.Forwarding.Contract;
using Xunit;

namespace Homeostat.Server.Tests.Forwarding;

/// <summary>WebSocket and any other Upgrade: after 101 the gateway is a wire.</summary>
public sealed class UpgradeTests
{
    private const string Ask = "GET /ws HTTP/1.1\r\nHost: blog.localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: abc\r\n\r\n";
    private const string Switch = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: xyz\r\n\r\n";

    [Fact]
    public async Task Upgrade_Accepted_PassesOctetsBothWays_AndHoldsTheSlot()
    {
        await using var world = await World.StartAsync(EchoSocketAsync);
        using var client = await world.ConnectAsync();
        await client.SendAsync(Ask);
        var head = await client.HeadAsync();
        Assert.Equal(101, head.Status);
        Assert.Equal("Upgrade", head["Connection"]);
        Assert.Equal("websocket", head["Upgrade"]);
        Assert.Equal("xyz", head["Sec-WebSocket-Accept"]);
        foreach (var frame in new[] { "\x81\x05hello", "\0\r\n\r\n", new string('\xff', 100_000) })
        {
            var sending = client.SendAsync(frame);
            Assert.Equal(frame, await client.ExactlyAsync(frame.Length));
            await sending;
        }

        Assert.Equal(1, world.Upstream.Taken);
        client.EndSending();
        Assert.Equal("", await client.ToEndAsync());
        await world.Upstream.Returned.WaitForAsync("the slot back", _ => true);
    }

    [Fact]
    public async Task Octets_SentTogetherWithTheSwitch_AreNotLost()
    {
        await using var world = await World.StartAsync(async app =>
        {
            await app.HeadAsync();
            await app.SendAsync(Switch + "first");
            Assert.Equal("early", await app.ExactlyAsync(5));
            await app.SendAsync("done");
        });
        using var client = await world.ConnectAsync();
        await client.SendAsync(Ask + "early");
        await client.HeadAsync();
        Assert.Equal("firstdone", await client.ToEndAsync());
        await world.ReturnedAsync(SlotOutcome.Completed);
    }

    [Fact]
    public async Task Upgrade_Declined_IsAnOrdinaryResponse()
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync);
        using var client = await world.ConnectAsync();
        await client.SendAsync(Ask);
        var answer = await client.ResponseAsync();
        Assert.Contains("\nConnection: Upgrade\nUpgrade: websocket\n", answer.Body, StringComparison.Ordinal);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n");
        Assert.DoesNotContain("Upgrade", (await client.ResponseAsync()).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: blog.localhost\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: blog.localhost\r\nConnection: Upgrade\r\n\r\n")]
    [InlineData("GET / HTTP/1.0\r\nHost: blog.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: blog.localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: blog.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket, H2C\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: blog.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nhi")]
    [InlineData("GET / HTTP/1.1\r\nHost: blog.localhost\r\nConnection: Upgrade\r\nUpgrade: a\r\nUpgrade: b\r\n\r\n")]
    public async Task Upgrade_NotToBeForwarded_IsAnOrdinaryRequest(string request)
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync);
        Assert.DoesNotContain("Upgrade", (await world.AskAsync(request)).Body, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Client_Gone_EndsTheProgramsSide()
    {
        await using var world = await World.StartAsync(EchoSocketAsync);
        var client = await world.ConnectAsync();
        await client.SendAsync(Ask);
        await client.HeadAsync();
        client.Reset();
        await world.ReturnedAsync(SlotOutcome.ClientAborted);
        await world.App.Events.WaitForAsync("the end of the connection", e => e != "connected");
    }

    [Fact]
    public async Task Program_Gone_EndsTheClientsSide()
    {
        await using var world = await World.StartAsync(async app =>
        {
            await app.HeadAsync();
            await app.SendAsync(Switch + "bye");
        });
        using var client = await world.ConnectAsync();
        await client.SendAsync(Ask);
        await client.HeadAsync();
        Assert.Equal("bye", await client.ToEndAsync());
        await world.ReturnedAsync(SlotOutcome.Completed);
    }

    private static async Task EchoSocketAsync(RawPeer app)
    {
        await app.HeadAsync();
        await app.SendAsync(Switch);
        var block = new byte[8 * 1024];
        while (await app.Stream.ReadAsync(block, app.Deadline) is > 0 and var length)
            await app.Stream.WriteAsync(block.AsMemory(0, length), app.Deadline);
    }
}
