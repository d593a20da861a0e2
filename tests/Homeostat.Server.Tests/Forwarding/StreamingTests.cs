using Homeostat.Server.Forwarding.Contract;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Forwarding;

/// <summary>Bytes move when they come, in both directions, and nobody has to hold them.</summary>
public sealed class StreamingTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n";
    private const string PostChunked = "POST / HTTP/1.1\r\nHost: blog.localhost\r\nTransfer-Encoding: chunked\r\n\r\n";

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n", true)]
    public async Task Events_ArriveOneByOne_WhileTheStreamIsOpen(string head, bool chunked)
    {
        using var next = new SemaphoreSlim(0);
        await using var world = await World.StartAsync(async app =>
        {
            await app.RequestAsync();
            await app.SendAsync(head);
            for (var i = 0; i < 5; i++)
            {
                await next.WaitAsync(app.Deadline);
                await app.SendAsync(chunked ? $"9\r\ndata: {i}\n\n\r\n" : $"data: {i}\n\n");
            }
        });
        using var client = await world.ConnectAsync();
        await client.SendAsync(Get);
        Assert.Equal("chunked", (await client.HeadAsync())["Transfer-Encoding"]);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(1, world.Upstream.Taken);
            next.Release();
            Assert.Equal($"data: {i}\n\n", await client.ChunkAsync());
        }
    }

    [Fact]
    public async Task Both_Directions_FlowAtTheSameTime()
    {
        await using var world = await World.StartAsync(async app =>
        {
            await app.HeadAsync();
            await app.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            while (await app.ChunkAsync() is { Length: > 0 } data)
                await app.SendAsync($"{data.Length:x}\r\n{data}\r\n");
            await app.SendAsync("0\r\n\r\n");
            Assert.Equal("\r\n", await app.ExactlyAsync(2));
            await RawApp.EchoAsync(app);
        });
        using var client = await world.ConnectAsync();
        await client.SendAsync(PostChunked);
        Assert.Equal(200, (await client.HeadAsync()).Status);
        foreach (var word in new[] { "one", "two", "three" })
        {
            await client.SendAsync($"{word.Length:x}\r\n{word}\r\n");
            Assert.Equal(word, await client.ChunkAsync());
        }

        await client.SendAsync("0\r\n\r\n");
        Assert.Equal("", await client.ChunkAsync());
        Assert.Equal("\r\n", await client.ExactlyAsync(2));
        await world.ReturnedAsync(SlotOutcome.Completed);
        await client.SendAsync(Get);
        Assert.Equal(200, (await client.ResponseAsync()).Status);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(100_000)]
    [InlineData(10_000_000)]
    public async Task Bodies_OfAnySize_ArriveWhole(int length)
    {
        var body = string.Create(length, 0, static (span, _) => { for (var i = 0; i < span.Length; i++) span[i] = (char)(i * 31 % 251); });
        await using var world = await World.StartAsync(async app =>
        {
            while (await app.RequestAsync() is { } request)
                await app.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {request.Body.Length}\r\n\r\n{request.Body}");
        });
        using var client = await world.ConnectAsync();
        foreach (var framed in new[]
                 {
                     $"Content-Length: {length}\r\n\r\n{body}",
                     $"Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n",
                     "Transfer-Encoding: chunked\r\n\r\n" + string.Concat(body.Chunk(4_001).Select(c => $"{c.Length:x}\r\n{new string(c)}\r\n")) + "0\r\n\r\n",
                 })
        {
            var sending = client.SendAsync($"POST / HTTP/1.1\r\nHost: blog.localhost\r\n{framed}");
            Assert.True((await client.ResponseAsync()).Body == body, framed[..30]);
            await sending;
        }
    }

    [Fact]
    public async Task ClientThatReadsNothing_HoldsTheProgramBack()
    {
        var written = 0L;
        using var enough = new CancellationTokenSource();
        await using var world = await World.StartAsync(async app =>
        {
            await app.RequestAsync();
            await app.SendAsync("HTTP/1.1 200 OK\r\n\r\n");
            var block = new byte[64 * 1024];
            while (!enough.IsCancellationRequested)
            {
                await app.Stream.WriteAsync(block, enough.Token);
                Interlocked.Add(ref written, block.Length);
            }
        });
        using var client = await world.ConnectAsync();
        client.Socket.ReceiveBufferSize = 16 * 1024;
        await client.SendAsync(Get);
        await Quiet(() => Interlocked.Read(ref written));
        // Socket buffers of both connections and the gateway's own 64 KiB.
        Assert.InRange(written, 1, 24 * 1024 * 1024);
        await enough.CancelAsync();
    }

    [Fact]
    public async Task BodyForASleepingService_WaitsInTheClientsSocket()
    {
        var held = -1L;
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var world = await World.StartAsync(async app =>
        {
            var head = await app.HeadAsync();
            var left = long.Parse(head["Content-Length"]!);
            var block = new byte[64 * 1024];
            var first = await app.ExactlyAsync(1);
            for (left -= first.Length; left > 0;)
                left -= (await app.ExactlyAsync((int)Math.Min(left, block.Length))).Length;
            await app.SendAsync("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
        });
        world.Upstream.Gate = async (bytes, _, cancel) =>
        {
            held = bytes;
            await open.Task.WaitAsync(cancel);
            return world.Upstream.Proceed(Core.Runtime.WakeWay.Restored, 12, 8);
        };
        using var client = await world.ConnectAsync();
        const int Length = 100 * 1024 * 1024;
        await client.SendAsync($"PUT /up HTTP/1.1\r\nHost: blog.localhost\r\nContent-Length: {Length}\r\n\r\n");
        var sent = 0L;
        var sending = Task.Run(async () =>
        {
            var block = new byte[256 * 1024];
            for (; sent < Length; Interlocked.Add(ref sent, block.Length))
                await client.Stream.WriteAsync(block, client.Deadline);
        });
        await Quiet(() => Interlocked.Read(ref sent));
        Assert.InRange(sent, 1, 16 * 1024 * 1024);
        Assert.InRange(held, 1, 4096);
        open.SetResult();
        await sending;
        Assert.Equal(201, (await client.ResponseAsync()).Status);
    }

    /// <summary>Waits until a counter has stopped: it did not move for a while on a machine that was free to move it.</summary>
    private static async Task Quiet(Func<long> counter)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var (last, still) = (-1L, 0);
        for (var i = 0; i < 400 && still < 6; i++)
        {
            await timer.WaitForNextTickAsync().Within("a tick");
            var now = counter();
            still = now == last && now > 0 ? still + 1 : 0;
            last = now;
        }
    }
}
