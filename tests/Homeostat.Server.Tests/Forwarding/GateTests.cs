using System.Net.Sockets;
using System.Text.Json;
using Homeostat.Core.Runtime;
using Homeostat.Server.Forwarding;
using Homeostat.Server.Forwarding.Contract;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Forwarding;

/// <summary>Requests that find no free slot, and instances that can't be reached.</summary>
public sealed class GateTests
{
    private const string Get = "GET /cart?x=1 HTTP/1.1\r\nHost: blog.localhost\r\n\r\n";

    [Theory]
    [InlineData(WakeWay.Frozen, "frozen")]
    [InlineData(WakeWay.Restored, "restored")]
    [InlineData(WakeWay.Cold, "cold")]
    [InlineData(WakeWay.Running, "running")]
    public async Task Wake_IsToldInServerTiming(WakeWay way, string word)
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync);
        var trigger = "";
        world.Upstream.Gate = (_, what, _) =>
        {
            trigger = what;
            return new(world.Upstream.Proceed(way, 12.5, 8.25));
        };
        var answer = await world.AskAsync(Get);
        Assert.Matches($"^gate;dur=4\\.25, wake;dur=8\\.25;desc=\"{word}\", app;dur=\\d+\\.\\d\\d$", answer["Server-Timing"]!);
        Assert.Equal("GET /cart", trigger);
    }

    [Theory]
    [InlineData(AdmissionKind.Full, 503, "gate-full", "7")]
    [InlineData(AdmissionKind.Unavailable, 503, "unavailable", "7")]
    [InlineData(AdmissionKind.TimedOut, 504, "start-timeout", null)]
    [InlineData(AdmissionKind.StartFailed, 502, "start-failed", null)]
    public async Task Refusal_OfTheGate_BecomesAStatus(AdmissionKind kind, int status, string code, string? retryAfter)
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync);
        world.Upstream.Gate = (_, _, _) => new(TestUpstream.Refused(kind, TimeSpan.FromSeconds(6.2)));
        using var client = await world.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync(Get);
            var answer = await client.ResponseAsync();
            Assert.Equal(status, answer.Status);
            Assert.Equal(retryAfter, answer["Retry-After"]);
            using var problem = JsonDocument.Parse(answer.Body);
            Assert.Equal("urn:homeostat:problem:" + code, problem.RootElement.GetProperty("type").GetString());
            Assert.Equal("blog", problem.RootElement.GetProperty("service").GetString());
        }

        Assert.Empty(world.Upstream.Returned.Seen);
    }

    [Fact]
    public async Task Refusal_OfHead_HasNoBody_AndTheConnectionGoesOn()
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync);
        world.Upstream.Gate = (_, _, _) => new(TestUpstream.Refused(AdmissionKind.Full));
        using var client = await world.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync("HEAD / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n");
            var answer = await client.ResponseAsync(toHead: true);
            Assert.Equal(503, answer.Status);
            Assert.NotEqual("0", answer["Content-Length"]);
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: nobody.localhost\r\n\r\n")]
    [InlineData("GET /nowhere HTTP/1.1\r\nHost: blog.localhost\r\n\r\n")]
    public async Task Host_Unknown_Is404_AndTheConnectionGoesOn(string request)
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync);
        using var client = await world.ConnectAsync();
        await client.SendAsync(request + Get);
        var answer = await client.ResponseAsync();
        Assert.Equal(404, answer.Status);
        Assert.Contains("urn:homeostat:problem:unknown-host", answer.Body, StringComparison.Ordinal);
        Assert.Equal(200, (await client.ResponseAsync()).Status);
    }

    [Fact]
    public async Task Http10_WithoutHost_Is404()
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync);
        Assert.Equal(404, (await world.AskAsync("GET / HTTP/1.0\r\n\r\n")).Status);
    }

    [Fact]
    public async Task Refusal_WithABodyOnItsWay_IsHeardByTheClient()
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync);
        world.Upstream.Gate = (_, _, _) => new(TestUpstream.Refused(AdmissionKind.Full));
        using var client = await world.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: blog.localhost\r\nContent-Length: 3000000\r\n\r\n{new string('x', 1_000_000)}");
        var answer = await client.ResponseAsync();
        Assert.Equal(503, answer.Status);
        Assert.Equal("close", answer["Connection"]);
    }

    [Fact]
    public async Task Client_GoneWhileWaiting_LeavesTheGate()
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Upstream.Gate = async (_, _, cancel) =>
        {
            using var _ = cancel.Register(left.SetResult);
            entered.SetResult();
            await left.Task;
            cancel.ThrowIfCancellationRequested();
            return default;
        };
        var client = await world.ConnectAsync();
        await client.SendAsync(Get);
        await entered.Task.Within("the request at the gate");
        client.Dispose();
        await left.Task.Within("the request leaving the gate");
        Assert.Empty(world.Upstream.Returned.Seen);
    }

    [Fact]
    public async Task Connect_RefusedAtFirst_IsRetriedThroughTheGate()
    {
        var attempts = 0;
        await using var app = new RawApp(RawApp.EchoAsync);
        var upstream = new TestUpstream(cancel => ++attempts <= 3 ? throw new SocketException((int)SocketError.ConnectionRefused) : app.ConnectAsync(cancel));
        await using var gateway = new Gateway(new GatewayOptions(), (_, _) => upstream, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        await gateway.StartAsync([new(System.Net.IPAddress.Loopback, 0)], default);
        using var client = await RawPeer.ConnectAsync(gateway.Endpoints[0]);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: blog.localhost\r\nContent-Length: 5\r\n\r\nhello");
        Assert.EndsWith("\n\nhello", (await client.ResponseAsync()).Body, StringComparison.Ordinal);
        await upstream.Returned.WaitForAsync("the slot back", o => o == SlotOutcome.Completed);
        Assert.Equal([SlotOutcome.ConnectFailed, SlotOutcome.ConnectFailed, SlotOutcome.ConnectFailed, SlotOutcome.Completed], upstream.Returned.Seen);
    }

    [Fact]
    public async Task Connect_RefusedForTooLong_Is502()
    {
        var upstream = new TestUpstream(_ => throw new SocketException((int)SocketError.ConnectionRefused));
        var options = new GatewayOptions { ConnectRetry = TimeSpan.FromMilliseconds(100) };
        await using var gateway = new Gateway(options, (_, _) => upstream, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        await gateway.StartAsync([new(System.Net.IPAddress.Loopback, 0)], default);
        using var client = await RawPeer.ConnectAsync(gateway.Endpoints[0]);
        await client.SendAsync(Get);
        var answer = await client.ResponseAsync();
        Assert.Equal(502, answer.Status);
        Assert.Contains("instance-not-reached", answer.Body, StringComparison.Ordinal);
        Assert.Equal(0, upstream.Taken);
        Assert.DoesNotContain(upstream.Returned.Seen, o => o != SlotOutcome.ConnectFailed);
    }

    [Fact]
    public async Task Request_ThatReachedTheProgram_IsNeverRepeated()
    {
        var requests = 0;
        await using var world = await World.StartAsync(async app =>
        {
            await app.RequestAsync();
            if (Interlocked.Increment(ref requests) == 1)
                await app.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            // The second request on a connection that is kept: read, then closed without a word.
            await app.RequestAsync();
            Interlocked.Increment(ref requests);
        });
        using var client = await world.ConnectAsync();
        await client.SendAsync(Get);
        Assert.Equal(200, (await client.ResponseAsync()).Status);
        await client.SendAsync(Get);
        Assert.Equal(502, (await client.ResponseAsync()).Status);
        Assert.Equal(2, requests);
    }

    [Fact]
    public async Task Connection_ClosedWhileIdle_IsNoticedBeforeItIsUsed()
    {
        await using var world = await World.StartAsync(async app =>
        {
            await app.RequestAsync();
            await app.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        });
        using var client = await world.ConnectAsync();
        for (var i = 0; i < 5; i++)
        {
            await client.SendAsync(Get);
            Assert.Equal(200, (await client.ResponseAsync()).Status);
            await world.App.Events.WaitForAsync("the program closing", e => e == "ended", from: 2 * i);
        }
    }

    [Fact]
    public async Task Connection_FromBeforeTheSleep_IsNotUsedAfterIt()
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync);
        using var client = await world.ConnectAsync();
        await client.SendAsync(Get);
        await client.ResponseAsync();
        await world.ReturnedAsync(SlotOutcome.Completed);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        world.Upstream.Gate = async (_, _, cancel) =>
        {
            await tick.WaitForNextTickAsync(cancel);
            return world.Upstream.Proceed(WakeWay.Frozen, 1, 1);
        };
        await client.SendAsync(Get);
        Assert.Equal(200, (await client.ResponseAsync()).Status);
        await world.App.Events.WaitForAsync("the old connection closed", e => e == "ended");
        Assert.Equal(2, world.App.Events.Seen.Count(e => e == "connected"));
    }

    [Fact]
    public async Task Pool_Disposed_ClosesItsConnections()
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync);
        using var client = await world.ConnectAsync();
        await client.SendAsync(Get);
        await client.ResponseAsync();
        await world.ReturnedAsync(SlotOutcome.Completed);
        ((IDisposable)world.Upstream.Instance.Connections!).Dispose();
        await world.App.Events.WaitForAsync("the connection closed", e => e == "ended");
        await client.SendAsync(Get);
        Assert.Equal(200, (await client.ResponseAsync()).Status);
    }
}
