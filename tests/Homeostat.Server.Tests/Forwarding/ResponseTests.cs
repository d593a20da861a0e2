using Homeostat.Server.Forwarding.Contract;
using Xunit;

namespace Homeostat.Server.Tests.Forwarding;

/// <summary>What the client reads of a response, and what becomes of responses that are none.</summary>
public sealed class ResponseTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n";
    private const string Get10 = "GET / HTTP/1.0\r\nHost: blog.localhost\r\n\r\n";
    private const string Head = "HEAD / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n";

    [Theory]
    [InlineData("length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "Content-Length", "5", "hello")]
    [InlineData("length said twice, equal", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "Content-Length", "5", "hello")]
    [InlineData("empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "Content-Length", "0", "")]
    [InlineData("chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding", "chunked", "hello")]
    [InlineData("one-octet chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n", "Transfer-Encoding", "chunked", "hi")]
    [InlineData("no reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", "Content-Length", "2", "hi")]
    [InlineData("line feeds of a CGI program", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "Content-Length", "2", "hi")]
    [InlineData("HTTP/1.0 keep-alive", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi", "Content-Length", "2", "hi")]
    [InlineData("error status", "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nhi", "Content-Length", "2", "hi")]
    [InlineData("after interim ones", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "Content-Length", "2", "hi")]
    public async Task Response_Valid_IsPassedOn_AndBothConnectionsAreKept(string name, string response, string field, string value, string body)
    {
        await using var world = await World.StartAsync(RawApp.Answers(response));
        using var client = await world.ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync(Get);
            var answer = await client.ResponseAsync();
            Assert.True(answer[field] == value && answer.Body == body, $"{name}: {answer}");
            Assert.Null(answer["Connection"]);
        }

        Assert.Single(world.App.Events.Seen);
    }

    [Theory]
    [InlineData("until close", "HTTP/1.1 200 OK\r\n\r\nhello")]
    [InlineData("HTTP/1.0 until close", "HTTP/1.0 200 OK\r\nServer: old\r\n\r\nhello")]
    [InlineData("close said", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.0 length", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    public async Task Response_EndedByClose_KeepsTheClientConnection(string name, string response)
    {
        await using var world = await World.StartAsync(RawApp.Answers(response, thenClose: true));
        using var client = await world.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync(Get);
            var answer = await client.ResponseAsync();
            Assert.True(answer.Body == "hello" && answer["Connection"] is null, $"{name}: {answer}");
        }

        Assert.Equal(2, world.App.Events.Seen.Count(e => e == "connected"));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\nSet-Cookie: a=b\r\n\r\n", "X-Sum: 7")]
    public async Task Trailers_ArePassedOn_WithoutForbiddenOnes(string response, string trailer)
    {
        await using var world = await World.StartAsync(RawApp.Answers(response));
        var answer = await world.AskAsync(Get);
        Assert.Equal([trailer], answer.Trailers.Select(t => $"{t.Key}: {t.Value}"));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    public async Task Client10_GetsNoChunks_AndTheEndByClose(string response)
    {
        await using var world = await World.StartAsync(RawApp.Answers(response));
        using var client = await world.ConnectAsync();
        await client.SendAsync(Get10);
        var answer = await client.ResponseAsync();
        Assert.Equal("hello", answer.Body);
        Assert.Null(answer["Transfer-Encoding"]);
        Assert.Equal("close", answer["Connection"]);
        Assert.Equal("", await client.ToEndAsync());
    }

    [Fact]
    public async Task Client10_KeepAlive_IsKeptWithALength()
    {
        await using var world = await World.StartAsync(RawApp.Answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"));
        using var client = await world.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync("GET / HTTP/1.0\r\nHost: blog.localhost\r\nConnection: Keep-Alive\r\n\r\n");
            Assert.Equal("keep-alive", (await client.ResponseAsync())["Connection"]);
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "5")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", null)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", null)]
    public async Task Head_HasNoBody_AndTheNextResponseFollows(string response, string? length)
    {
        await using var world = await World.StartAsync(RawApp.Answers(response));
        using var client = await world.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync(Head);
            Assert.Equal(length, (await client.ResponseAsync(toHead: true))["Content-Length"]);
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", null)]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", null)]
    [InlineData("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\n", "5")]
    [InlineData("HTTP/1.1 304 Not Modified\r\n\r\n", null)]
    public async Task Status_WithoutBody_HasNone(string response, string? length)
    {
        await using var world = await World.StartAsync(RawApp.Answers(response));
        using var client = await world.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync(Get);
            Assert.Equal(length, (await client.ResponseAsync())["Content-Length"]);
        }
    }

    [Fact]
    public async Task Octets_AfterAResponse_AreNeverTheNextResponse()
    {
        await using var world = await World.StartAsync(RawApp.Answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"));
        for (var i = 0; i < 3; i++)
            Assert.Equal("hi", (await world.AskAsync(Get)).Body);
    }

    [Theory]
    [InlineData("no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n")]
    [InlineData("HTTP/2", "HTTP/2 200 OK\r\n\r\n")]
    [InlineData("status of two digits", "HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("status of four digits", "HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("status 099", "HTTP/1.1 099 OK\r\n\r\n")]
    [InlineData("status 600", "HTTP/1.1 600 OK\r\n\r\n")]
    [InlineData("NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n")]
    [InlineData("both lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    [InlineData("negative length", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello")]
    [InlineData("list of lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello")]
    [InlineData("unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("coding twice", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("coding in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("folded field", "HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("space before a colon", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n")]
    [InlineData("no colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n")]
    [InlineData("CR in a field", "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n")]
    [InlineData("101 unasked", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")]
    [InlineData("closed without a word", "")]
    [InlineData("closed within the head", "HTTP/1.1 200 OK\r\nContent-")]
    public async Task Response_Invalid_Is502(string name, string response)
    {
        await using var world = await World.StartAsync(RawApp.Answers(response, thenClose: true));
        using var client = await world.ConnectAsync();
        await client.SendAsync(Get);
        var answer = await client.ResponseAsync();
        Assert.True(answer.Status == 502, $"{name}: {answer}");
        Assert.Contains("urn:homeostat:problem:instance-failed", answer.Body, StringComparison.Ordinal);
        await world.ReturnedAsync(SlotOutcome.InstanceFailed);
        await client.SendAsync(Get);
        Assert.Equal(502, (await client.ResponseAsync()).Status);
    }

    [Fact]
    public async Task Response_HeadWithoutEnd_Is502()
    {
        await using var world = await World.StartAsync(RawApp.Answers("HTTP/1.1 200 OK\r\nX: " + new string('a', 70_000)));
        Assert.Equal(502, (await world.AskAsync(Get)).Status);
    }

    [Fact]
    public async Task Response_WithALargeHead_IsPassedOn()
    {
        var value = new string('c', 50_000);
        await using var world = await World.StartAsync(RawApp.Answers($"HTTP/1.1 200 OK\r\nSet-Cookie: {value}\r\nContent-Length: 2\r\n\r\nhi"));
        var answer = await world.AskAsync(Get);
        Assert.Equal(value, answer["Set-Cookie"]);
        Assert.Equal("hi", answer.Body);
    }

    [Fact]
    public async Task Response_EndlessInterim_Is502()
    {
        await using var world = await World.StartAsync(RawApp.Answers(string.Concat(Enumerable.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 40))));
        Assert.Equal(502, (await world.AskAsync(Get)).Status);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n")]
    public async Task Response_CutShort_IsNotCompleteForTheClient(string response)
    {
        await using var world = await World.StartAsync(RawApp.Answers(response, thenClose: true));
        using var client = await world.ConnectAsync();
        await client.SendAsync(Get);
        await Assert.ThrowsAnyAsync<Exception>(() => client.ResponseAsync());
        await world.ReturnedAsync(SlotOutcome.InstanceFailed);
    }

    [Fact]
    public async Task Fields_OfTheHop_AreRemoved_OthersKept()
    {
        await using var world = await World.StartAsync(RawApp.Answers(
            "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nServer-Timing: db;dur=3\r\n"
            + "Content-Length: 0\r\n\r\n"));
        var answer = await world.AskAsync(Get);
        Assert.Null(answer["Keep-Alive"]);
        Assert.Null(answer["X-Hop"]);
        Assert.Equal("a=1, b=2", answer["Set-Cookie"]);
        Assert.Matches("""^db;dur=3, gate;dur=0\.00, wake;dur=0\.00;desc="running", app;dur=\d+\.\d\d$""", answer["Server-Timing"]!);
    }
}
