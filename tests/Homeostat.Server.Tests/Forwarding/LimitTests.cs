using System.Net.Sockets;
using Homeostat.Server.Forwarding;
using Homeostat.Server.Forwarding.Contract;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Forwarding;

/// <summary>Slow, silent and half-open peers: each wait ends, and the slot comes back.</summary>
public sealed class LimitTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n";
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(150);

    private static GatewayOptions Quick => new() { Sweep = TimeSpan.FromMilliseconds(20), Linger = TimeSpan.FromMilliseconds(500) };

    [Fact]
    public void Options_OutOfRange_AreAllNamed()
    {
        var options = new GatewayOptions { ConnectionsMax = 0, HeadBytesMax = 1, BodyStall = TimeSpan.Zero };
        Assert.Equal(["ConnectionsMax", "HeadBytesMax", "BodyStall"], options.Check().Select(line => line.Split(':', ' ')[1]));
        Assert.Empty(new GatewayOptions().Check());
    }

    [Fact]
    public async Task Head_ThatNeverEnds_Is408()
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync, Quick with { HeadTimeout = Short });
        using var client = await world.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: blog.localhost\r\nX-Slow");
        Assert.Equal(408, (await client.ResponseAsync()).Status);
        Assert.Equal("", await client.ToEndAsync());
        Assert.Equal(1, world.Gateway.Counters.Hits(GatewayLimit.HeadTimeout));
    }

    [Fact]
    public async Task Head_Trickling_HasOneLimitForAll()
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync, Quick with { HeadTimeout = Short });
        using var client = await world.ConnectAsync();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var answered = client.ResponseAsync();
        while (!answered.IsCompleted)
        {
            await client.SendAsync("G");
            await tick.WaitForNextTickAsync();
        }

        Assert.Equal(408, (await answered).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Get)]
    public async Task Connection_WithoutARequest_IsClosedQuietly(string before)
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync, Quick with { HeadTimeout = before == "" ? Short : Waiting.Deadline, IdleTimeout = Short });
        using var client = await world.ConnectAsync();
        await client.SendAsync(before);
        if (before != "")
            await client.ResponseAsync();
        Assert.Equal("", await client.ToEndAsync());
        Assert.Equal(1, world.Gateway.Counters.Hits(GatewayLimit.IdleTimeout));
    }

    [Theory]
    [InlineData("Content-Length: 10\r\n\r\nhello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhel")]
    public async Task Body_ThatStops_Is408(string rest)
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync, Quick with { BodyStall = Short });
        using var client = await world.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: blog.localhost\r\n{rest}");
        Assert.Equal(408, (await client.ResponseAsync()).Status);
        await world.ReturnedAsync(SlotOutcome.ClientAborted);
        Assert.Equal("", await client.ToEndAsync());
    }

    [Fact]
    public async Task Client_ThatTakesNothing_IsCutOff()
    {
        await using var world = await World.StartAsync(FloodAsync, Quick with { WriteStall = Short });
        using var client = await world.ConnectAsync();
        await client.SendAsync(Get);
        await world.ReturnedAsync(SlotOutcome.ClientAborted);
        Assert.Equal(1, world.Gateway.Counters.Hits(GatewayLimit.WriteStall));
        await world.App.Events.WaitForAsync("the program's connection closed", e => e.StartsWith("failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Program_ThatDoesNotAnswer_Is504()
    {
        await using var world = await World.StartAsync(SilentAsync, Quick with { AppTimeout = Short });
        var answer = await world.AskAsync(Get);
        Assert.Equal(504, answer.Status);
        Assert.Contains("app-timeout", answer.Body, StringComparison.Ordinal);
        await world.ReturnedAsync(SlotOutcome.InstanceFailed);
    }

    [Fact]
    public async Task Stream_OnWhichNothingMoves_IsCutOff()
    {
        await using var world = await World.StartAsync(
            async app =>
            {
                await app.RequestAsync();
                await app.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
                await app.ToEndAsync();
            },
            Quick with { StreamIdle = Short });
        using var client = await world.ConnectAsync();
        await client.SendAsync(Get);
        await client.HeadAsync();
        Assert.Equal("hello", await client.ExactlyAsync(5));
        Assert.Equal("", await client.ToEndAsync());
        Assert.Equal(1, world.Gateway.Counters.Hits(GatewayLimit.StreamIdle));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Client_GoneWhileTheProgramWorks_FreesTheProgramAndTheSlot(bool reset)
    {
        await using var world = await World.StartAsync(SilentAsync, Quick);
        var client = await world.ConnectAsync();
        await client.SendAsync(Get);
        await world.App.Events.WaitForAsync("the request", e => e == "connected");
        if (reset)
            client.Reset();
        else
            client.Dispose();
        await world.ReturnedAsync(SlotOutcome.ClientAborted);
        await world.App.Events.WaitForAsync("the program's connection closed", e => e != "connected");
    }

    [Fact]
    public async Task Client_GoneInAStream_FreesTheProgramAndTheSlot()
    {
        await using var world = await World.StartAsync(FloodAsync, Quick);
        var client = await world.ConnectAsync();
        await client.SendAsync(Get);
        await client.ChunkAfterHeadAsync();
        client.Reset();
        await world.ReturnedAsync(SlotOutcome.ClientAborted);
    }

    [Fact]
    public async Task Client_HalfClosing_StillGetsAQuickAnswer()
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync);
        using var client = await world.ConnectAsync();
        await client.SendAsync(Get);
        client.EndSending();
        Assert.Equal(200, (await client.ResponseAsync()).Status);
        Assert.Equal("", await client.ToEndAsync());
    }

    [Fact]
    public async Task IdleUpstreamConnections_AreClosedInTime()
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync, Quick with { UpstreamIdle = Short });
        await world.AskAsync(Get);
        await world.App.Events.WaitForAsync("the idle connection closed", e => e == "ended");
    }

    [Fact]
    public async Task Connections_AboveTheLimit_AreClosed()
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync, Quick with { ConnectionsMax = 2 });
        using var first = await world.ConnectAsync();
        using var second = await world.ConnectAsync();
        foreach (var client in new[] { first, second })
        {
            await client.SendAsync(Get);
            Assert.Equal(200, (await client.ResponseAsync()).Status);
        }

        using var third = await world.ConnectAsync();
        Assert.Equal("", await third.ToEndAsync());
        await first.SendAsync(Get);
        Assert.Equal(200, (await first.ResponseAsync()).Status);
    }

    [Theory]
    [InlineData(Get)]
    [InlineData("GET / HTTP/1.0\r\nHost: blog.localhost\r\n\r\n")]
    [InlineData("nonsense\r\n\r\n")]
    [InlineData("")]
    public async Task Connections_ThatAreOver_AreForgotten(string request)
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync, Quick);
        for (var i = 0; i < 20; i++)
        {
            using var client = await world.ConnectAsync();
            await client.SendAsync(request);
            if (request != "")
                await client.ResponseAsync();
        }

        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        // A connection that its client closed at once counts when it is accepted, which may be later.
        for (var i = 0; i < 500 && (world.Gateway.Counters.Connections < 20 || world.Gateway.Watched > 0 || world.Gateway.Counters.ConnectionsOpen > 0); i++)
            await tick.WaitForNextTickAsync();
        Assert.Equal((0, 0, 20), (world.Gateway.Watched, (int)world.Gateway.Counters.ConnectionsOpen, (int)world.Gateway.Counters.Connections));
    }

    [Fact]
    public async Task Drain_FinishesWhatIsInFlight_AndClosesIdleConnections()
    {
        using var go = new SemaphoreSlim(0);
        await using var world = await World.StartAsync(async app =>
        {
            await app.RequestAsync();
            await go.WaitAsync(app.Deadline);
            await app.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        });
        using var idle = await world.ConnectAsync();
        using var busy = await world.ConnectAsync();
        await busy.SendAsync(Get);
        await world.App.Events.WaitForAsync("the request", e => e == "connected");
        using var limit = new CancellationTokenSource(Waiting.Deadline, TimeProvider.System);
        var stopping = world.Gateway.StopAsync(limit.Token);
        Assert.Equal("", await idle.ToEndAsync());
        Assert.False(stopping.IsCompleted);
        go.Release();
        var answer = await busy.ResponseAsync();
        Assert.Equal("hi", answer.Body);
        Assert.Equal("close", answer["Connection"]);
        await stopping.Within("the stop");
        await Assert.ThrowsAsync<SocketException>(() => world.ConnectAsync());
    }

    [Fact]
    public async Task Drain_OverItsLimit_BreaksOff()
    {
        await using var world = await World.StartAsync(SilentAsync);
        using var client = await world.ConnectAsync();
        await client.SendAsync(Get);
        await world.App.Events.WaitForAsync("the request", e => e == "connected");
        using var limit = new CancellationTokenSource(Short, TimeProvider.System);
        await world.Gateway.StopAsync(limit.Token).Within("the stop");
        Assert.Equal("", await client.ToEndAsync());
        await world.Upstream.Returned.WaitForAsync("the slot back", _ => true);
    }

    private static async Task SilentAsync(RawPeer app)
    {
        await app.RequestAsync();
        await app.Reader.ReadToEndAsync(app.Deadline);
    }

    private static async Task FloodAsync(RawPeer app)
    {
        await app.RequestAsync();
        await app.SendAsync("HTTP/1.1 200 OK\r\n\r\n");
        var block = new byte[64 * 1024];
        while (true)
            await app.Stream.WriteAsync(block, app.Deadline);
    }
}
