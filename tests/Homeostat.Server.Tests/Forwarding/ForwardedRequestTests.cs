using Homeostat.Server.Forwarding.Contract;
using Xunit;

namespace Homeostat.Server.Tests.Forwarding;

/// <summary>What the program reads of a valid request. The program answers with its reading.</summary>
public sealed class ForwardedRequestTests : IAsyncLifetime
{
    private const string Host = "Host: blog.localhost\r\n";
    private World _world = null!;

    public async ValueTask InitializeAsync() => _world = await World.StartAsync(RawApp.EchoAsync);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData("plain", "GET /a?b=c HTTP/1.1\r\n", "GET /a?b=c HTTP/1.1\n")]
    [InlineData("an empty line before", "\r\nGET / HTTP/1.1\r\n", "GET / HTTP/1.1\n")]
    [InlineData("HTTP/1.0 becomes 1.1", "GET / HTTP/1.0\r\n", "GET / HTTP/1.1\n")]
    [InlineData("HTTP/1.2 is read as 1.1", "GET / HTTP/1.2\r\n", "GET / HTTP/1.1\n")]
    [InlineData("HTTP/1.9 is read as 1.1", "GET / HTTP/1.9\r\n", "GET / HTTP/1.1\n")]
    [InlineData("absolute form becomes origin form", "GET http://blog.localhost/a?b HTTP/1.1\r\n", "GET /a?b HTTP/1.1\n")]
    [InlineData("absolute form, upper case", "GET HTTP://BLOG.localhost/a HTTP/1.1\r\n", "GET /a HTTP/1.1\n")]
    [InlineData("absolute form without path", "GET http://blog.localhost HTTP/1.1\r\n", "GET / HTTP/1.1\n")]
    [InlineData("asterisk of OPTIONS", "OPTIONS * HTTP/1.1\r\n", "OPTIONS * HTTP/1.1\n")]
    [InlineData("unknown method", "PURGE /x HTTP/1.1\r\n", "PURGE /x HTTP/1.1\n")]
    [InlineData("method case is kept", "get / HTTP/1.1\r\n", "get / HTTP/1.1\n")]
    [InlineData("odd characters of real URLs", "GET /a|b{c}\"d^`\\?<x> HTTP/1.1\r\n", "GET /a|b{c}\"d^`\\?<x> HTTP/1.1\n")]
    [InlineData("dot segments are the program's business", "GET /a/../b HTTP/1.1\r\n", "GET /a/../b HTTP/1.1\n")]
    public async Task RequestLine_Valid_IsForwarded(string name, string line, string reading)
    {
        var answer = await _world.AskAsync($"{line}{Host}\r\n");
        Assert.True(answer.Body.StartsWith(reading, StringComparison.Ordinal), $"{name}: {answer}");
    }

    [Theory]
    [InlineData("blog.localhost", "blog.localhost")]
    [InlineData("BLOG.localhost", "BLOG.localhost")]
    [InlineData("blog.localhost:8080", "blog.localhost:8080")]
    [InlineData("blog.localhost.", "blog.localhost.")]
    [InlineData("blog.localhost:", "blog.localhost:")]
    [InlineData("[::1]:8080", "[::1]:8080")]
    public async Task Host_IsKept(string host, string reading)
    {
        var answer = await _world.AskAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        Assert.Contains($"\nHost: {reading}\n", answer.Body, StringComparison.Ordinal);
        Assert.Contains($"\nForwarded: for=127.0.0.1;host=\"{reading}\";proto=http\n", answer.Body, StringComparison.Ordinal);
        Assert.Contains($"\nX-Forwarded-Host: {reading}\n", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Keep-Alive: timeout=5", "Keep-Alive")]
    [InlineData("Proxy-Connection: keep-alive", "Proxy-Connection")]
    [InlineData("Proxy: http://evil", "Proxy")]
    [InlineData("TE: gzip", "TE")]
    [InlineData("HTTP2-Settings: AAMAAABkAAQ", "HTTP2-Settings")]
    [InlineData("Upgrade: websocket", "Upgrade")]
    [InlineData("X-Hop: 1\r\nConnection: close, X-Hop", "X-Hop")]
    [InlineData("X-Hop: 1\r\nconnection: x-hop\r\nConnection: keep-alive", "X-Hop")]
    [InlineData("Connection: Upgrade\r\nUpgrade: h2c", "Upgrade")]
    [InlineData("X-Real-IP: 1.2.3.4", "X-Real-IP")]
    [InlineData("X-Forwarded-Port: 1", "X-Forwarded-Port")]
    [InlineData("X_Forwarded_For: 1.2.3.4", "X_Forwarded_For")]
    [InlineData("X-Forwarded_For: 1.2.3.4", "X-Forwarded_For")]
    [InlineData("Content_Length: 7", "Content_Length")]
    [InlineData("Transfer_Encoding: chunked", "Transfer_Encoding")]
    [InlineData("X_Request_Id: 7", "X_Request_Id")]
    public async Task Field_OfThisHopOrForged_IsRemoved(string fields, string removed)
    {
        var answer = await _world.AskAsync($"GET / HTTP/1.1\r\n{Host}{fields}\r\nX-Kept: yes\r\n\r\n");
        Assert.Contains("\nX-Kept: yes\n", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain($"\n{removed}:", answer.Body, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("Forwarded: for=6.6.6.6", "Forwarded", "for=127.0.0.1;host=\"blog.localhost\";proto=http")]
    [InlineData("X-Forwarded-For: 6.6.6.6", "X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-Proto: https", "X-Forwarded-Proto", "http")]
    [InlineData("X-Forwarded-Host: evil", "X-Forwarded-Host", "blog.localhost")]
    [InlineData("Connection: X-Forwarded-For", "X-Forwarded-For", "127.0.0.1")]
    public async Task Origin_IsSaidByTheGatewayOnly(string forged, string name, string value)
    {
        var answer = await _world.AskAsync($"GET / HTTP/1.1\r\n{Host}{forged}\r\n\r\n");
        var said = answer.Body.Split('\n').Where(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase));
        Assert.Equal([$"{name}: {value}"], said);
    }

    [Theory]
    [InlineData("X-A: caf\xe9 \t tab", "X-A: caf\xe9 \t tab")]
    [InlineData("X-A:\t  spaced \t", "X-A: spaced")]
    [InlineData("X-A:", "X-A: ")]
    [InlineData("x-a: 1\r\nX-A: 2", "x-a: 1\nX-A: 2")]
    [InlineData("Cookie: a=b; c=\"d\"", "Cookie: a=b; c=\"d\"")]
    [InlineData("Trailer: X-Sum", "Trailer: X-Sum")]
    [InlineData("TE: trailers", "TE: trailers\nConnection: TE")]
    [InlineData("X_Own_Name: 1", "X_Own_Name: 1")]
    [InlineData("!#$%&'*+-.^_`|~: 1", "!#$%&'*+-.^_`|~: 1")]
    public async Task Field_EndToEnd_IsKept(string fields, string reading)
    {
        var answer = await _world.AskAsync($"GET / HTTP/1.1\r\n{Host}{fields}\r\n\r\n");
        Assert.Contains($"\n{reading}\n", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=1", true)]
    [InlineData("traceparent: cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more\r\ntracestate: a=1", true)]
    [InlineData("traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01\r\ntracestate: a=1", false)]
    [InlineData("traceparent: 00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=1", false)]
    [InlineData("traceparent: ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=1", false)]
    [InlineData("traceparent: junk\r\ntracestate: a=1", false)]
    [InlineData("tracestate: a=1", false)]
    public async Task Trace_ValidIsPassed_OtherwiseMade(string fields, bool passed)
    {
        var answer = await _world.AskAsync($"GET / HTTP/1.1\r\n{Host}{fields}\r\n\r\n");
        var said = answer.Body.Split('\n').Single(l => l.StartsWith("traceparent:", StringComparison.Ordinal));
        Assert.Equal(passed, fields.Contains(said, StringComparison.Ordinal));
        Assert.Equal(passed, answer.Body.Contains("tracestate: a=1", StringComparison.Ordinal));
        if (!passed)
            Assert.Matches("^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00$", said);
    }

    [Theory]
    [InlineData("X-Request-Id: abc-123", "^abc-123$")]
    [InlineData("X-Request-Id: has space", "^[0-9a-f]{32}$")]
    [InlineData("X-Request-Id: a\r\nX-Request-Id: b", "^[0-9a-f]{32}$")]
    [InlineData("X-Nothing: 1", "^[0-9a-f]{32}$")]
    public async Task RequestId_PlausibleIsPassed_OtherwiseMade(string fields, string pattern)
    {
        var answer = await _world.AskAsync($"GET / HTTP/1.1\r\n{Host}{fields}\r\n\r\n");
        Assert.Matches(pattern, answer.Body.Split('\n').Single(l => l.StartsWith("X-Request-Id: ", StringComparison.Ordinal))[14..]);
    }

    [Theory]
    [InlineData("Content-Length: 5\r\n\r\nhello", "Content-Length: 5", "hello")]
    [InlineData("Content-Length: 0\r\n\r\n", "Content-Length: 0", "")]
    [InlineData("Content-Length: 005\r\n\r\nhello", "Content-Length: 5", "hello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked", "hello")]
    [InlineData("Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", "Transfer-Encoding: chunked", "")]
    [InlineData("Transfer-Encoding:\tchunked \r\n\r\n1\r\nh\r\n004\r\nello\r\n000\r\n\r\n", "Transfer-Encoding: chunked", "hello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nA;x=y;z=\"q\"\r\n0123456789\r\n0;last\r\n\r\n", "Transfer-Encoding: chunked", "0123456789")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 7\r\n\r\n", "Transfer-Encoding: chunked", "\n[X-Sum: 7]")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n0\r\nHost: evil\r\nX-Sum: 7\r\nContent-Length: 3\r\nCookie: a\r\n\r\n", "Transfer-Encoding: chunked", "\n[X-Sum: 7]")]
    public async Task Body_ArrivesWithOneLength(string rest, string framing, string body)
    {
        var answer = await _world.AskAsync($"POST / HTTP/1.1\r\n{Host}{rest}");
        Assert.Contains($"\n{framing}\n", answer.Body, StringComparison.Ordinal);
        Assert.Equal(body, answer.Body[(answer.Body.IndexOf("\n\n", StringComparison.Ordinal) + 2)..]);
        await _world.ReturnedAsync(SlotOutcome.Completed);
    }

    [Fact]
    public async Task Request_OctetByOctet_IsTheSame()
    {
        using var client = await _world.ConnectAsync();
        await client.TrickleAsync($"POST /a HTTP/1.1\r\n{Host}Transfer-Encoding: chunked\r\n\r\n5;e=1\r\nhello\r\n0\r\nX-T: 1\r\n\r\n");
        var answer = await client.ResponseAsync();
        Assert.EndsWith("\n\nhello\n[X-T: 1]", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pipelined_AnswersComeInOrder()
    {
        using var client = await _world.ConnectAsync();
        await client.SendAsync(string.Concat(Enumerable.Range(0, 50).Select(i => i % 2 == 0
            ? $"GET /{i} HTTP/1.1\r\n{Host}\r\n"
            : $"POST /{i} HTTP/1.1\r\n{Host}Content-Length: 20\r\n\r\nGET /evil HTTP/1.1\r\n")));
        for (var i = 0; i < 50; i++)
            Assert.StartsWith(i % 2 == 0 ? $"GET /{i} " : $"POST /{i} ", (await client.ResponseAsync()).Body, StringComparison.Ordinal);
        Assert.Single(_world.App.Events.Seen);
    }

    [Fact]
    public async Task Head_OfTheLargestSize_IsForwarded()
    {
        var fields = string.Concat(Enumerable.Range(0, 99).Select(i => $"X-{i:d2}: {new string('v', 300)}\r\n"));
        var answer = await _world.AskAsync($"GET /{new string('a', 8 * 1024 - 14)} HTTP/1.1\r\n{Host}\r\n");
        Assert.Equal(200, answer.Status);
        answer = await _world.AskAsync($"GET / HTTP/1.1\r\n{Host}{fields}\r\n");
        Assert.Contains("\nX-98: v", answer.Body, StringComparison.Ordinal);
    }
}
