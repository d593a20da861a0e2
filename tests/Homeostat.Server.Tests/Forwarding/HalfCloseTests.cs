using Homeostat.Server.Forwarding;
using Homeostat.Server.Forwarding.Contract;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Forwarding;

/// <summary>After a refused request the client sees the end of the connection with the answer, and may still be sending.</summary>
public sealed class HalfCloseTests
{
    private const string Nonsense = "nonsense\r\n\r\n";
    private const string Get = "GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n";

    /// <summary>Longer than a test may take: the end that is seen is that of the sending side.</summary>
    private static GatewayOptions Patient => new() { Sweep = TimeSpan.FromMilliseconds(20), Linger = 2 * Waiting.Deadline };

    [Theory]
    [InlineData("")]
    [InlineData(Get)]
    public async Task Refused_ClientSeesTheEndWithTheAnswer_AndMaySendOn(string before)
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync, Patient);
        using var client = await world.ConnectAsync();
        await client.SendAsync(before + Nonsense);
        if (before != "")
            Assert.Equal(200, (await client.ResponseAsync()).Status);
        Assert.Equal(400, (await client.ResponseAsync()).Status);
        Assert.Equal("", await client.Reader.ReadToEndAsync(client.Deadline));

        // Far more than socket buffers hold: it is read and dropped, not answered with a reset.
        for (var i = 0; i < 64; i++)
            await client.SendAsync(new string('x', 256 * 1024));
        Assert.Equal(1, world.Gateway.Counters.ConnectionsOpen);
        client.EndSending();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (world.Gateway.Counters.ConnectionsOpen > 0 && !client.Deadline.IsCancellationRequested)
            await tick.WaitForNextTickAsync();
        Assert.Equal(0, world.Gateway.Counters.ConnectionsOpen);
    }

    /// <summary>The refusal is written behind bytes the transport still holds, because the kernel takes no more.</summary>
    [Fact]
    public async Task Refused_WhileAnEarlierAnswerIsNotTakenYet_LosesNothing()
    {
        const int length = 32 * 1024 * 1024, part = 16 * 1024;
        await using var world = await World.StartAsync(
            async app =>
            {
                await app.RequestAsync();
                await app.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n" + new string('y', length));
            },
            Patient);
        using var client = await world.ConnectAsync();
        client.Socket.ReceiveBufferSize = 128 * 1024;
        await client.SendAsync(Get + Nonsense);
        await client.HeadAsync();
        var read = 0;
        var returned = world.ReturnedAsync(SlotOutcome.Completed);
        for (; !returned.IsCompleted && read < length; read += part)
        {
            // As slowly as this: the way to the client is full all the time.
            await client.ExactlyAsync(part);
            await Task.Yield();
        }

        await client.ExactlyAsync(length - read);
        Assert.Equal(400, (await client.ResponseAsync()).Status);
        Assert.Equal("", await client.Reader.ReadToEndAsync(client.Deadline));
    }

    [Fact]
    public async Task Refused_ClientThatNeverEnds_IsClosedInTime()
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync, Patient with { Linger = TimeSpan.FromMilliseconds(150) });
        using var client = await world.ConnectAsync();
        await client.SendAsync(Nonsense);
        Assert.Equal(400, (await client.ResponseAsync()).Status);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (world.Gateway.Counters.ConnectionsOpen > 0 && !client.Deadline.IsCancellationRequested)
            await tick.WaitForNextTickAsync();
        Assert.Equal(0, world.Gateway.Counters.ConnectionsOpen);
    }
}
