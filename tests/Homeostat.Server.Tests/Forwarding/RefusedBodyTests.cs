using Homeostat.Server.Forwarding.Contract;
using Xunit;

namespace Homeostat.Server.Tests.Forwarding;

/// <summary>A body that is wrong on the way: the client hears 400, the program never gets a complete request out of it.</summary>
public sealed class RefusedBodyTests(RefusedHeadTests.EchoWorld shared) : IClassFixture<RefusedHeadTests.EchoWorld>
{
    public static TheoryData<string, string> Bodies => new()
    {
        { "no size", "\r\nhello\r\n0\r\n\r\n" },
        { "not hexadecimal", "g\r\nhello\r\n0\r\n\r\n" },
        { "0x", "0x5\r\nhello\r\n0\r\n\r\n" },
        { "plus", "+5\r\nhello\r\n0\r\n\r\n" },
        { "minus", "-5\r\nhello\r\n0\r\n\r\n" },
        { "space before", " 5\r\nhello\r\n0\r\n\r\n" },
        { "space after", "5 \r\nhello\r\n0\r\n\r\n" },
        { "tab after", "5\t\r\nhello\r\n0\r\n\r\n" },
        { "underscore", "5_0\r\nhello\r\n0\r\n\r\n" },
        { "NUL in the size", "5\0\r\nhello\r\n0\r\n\r\n" },
        { "16 digits", "0000000000000005\r\nhello\r\n0\r\n\r\n" },
        { "overflowing", "FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n" },
        { "overflowing to five", "10000000000000005\r\nhello\r\n0\r\n\r\n" },
        { "LF after the size", "5\nhello\r\n0\r\n\r\n" },
        { "CR after the size", "5\rhello\r\n0\r\n\r\n" },
        { "CR CR LF after the size", "5\r\r\nhello\r\n0\r\n\r\n" },
        { "empty extension", "5;\r\nhello\r\n0\r\n\r\n" },
        { "LF in an extension", "5;a\nhello\r\n0\r\n\r\n" },
        { "CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n" },
        { "NUL in an extension", "5;a\0b\r\nhello\r\n0\r\n\r\n" },
        { "extension too long", $"5;{new string('a', 300)}\r\nhello\r\n0\r\n\r\n" },
        { "extensions too long together", string.Concat(Enumerable.Repeat($"1;{new string('a', 250)}\r\nx\r\n", 80)) + "0\r\n\r\n" },
        { "data too long", "5\r\nhello!\r\n0\r\n\r\n" },
        { "data too short", "6\r\nhello\r\n0\r\n\r\n" },
        { "no CR LF after data", "5\r\nhello0\r\n\r\n" },
        { "LF after data", "5\r\nhello\n0\r\n\r\n" },
        { "CR after data", "5\r\nhello\r0\r\n\r\n" },
        { "LF after the last chunk", "5\r\nhello\r\n0\n\r\n" },
        { "LF for the end", "5\r\nhello\r\n0\r\n\n" },
        { "trailer without colon", "5\r\nhello\r\n0\r\nX\r\n\r\n" },
        { "trailer with space before the colon", "5\r\nhello\r\n0\r\nX : 1\r\n\r\n" },
        { "trailer folded", "5\r\nhello\r\n0\r\nX: 1\r\n 2\r\n\r\n" },
        { "trailer with LF", "5\r\nhello\r\n0\r\nX: 1\n\r\n" },
        { "trailer with NUL", "5\r\nhello\r\n0\r\nX: \0\r\n\r\n" },
        { "trailer with CR", "5\r\nhello\r\n0\r\nX: a\rb\r\n\r\n" },
        { "trailers too large", $"5\r\nhello\r\n0\r\nX: {new string('a', 9_000)}\r\n\r\n" },
        { "too many trailers", $"5\r\nhello\r\n0\r\n{string.Concat(Enumerable.Repeat("X: 1\r\n", 65))}\r\n" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Chunks_Malformed_AreRefusedAndClosed(string name, string chunks)
    {
        var before = shared.World.Upstream.Returned.Seen.Count;
        using var client = await shared.World.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: blog.localhost\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        var answer = await client.ResponseAsync();
        Assert.True(answer.Status == 400, $"{name}: {answer}");
        Assert.Equal("close", answer["Connection"]);
        client.EndSending();
        Assert.Equal("", await client.ToEndAsync());
        await shared.World.Upstream.Returned.WaitForAsync("the slot back", o => o == SlotOutcome.ClientAborted, before);
    }

    [Theory]
    [InlineData("Content-Length: 10\r\n\r\nhello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n")]
    public async Task Body_CutByTheClient_IsNeverCompleteForTheProgram(string rest)
    {
        var before = shared.World.Upstream.Returned.Seen.Count;
        using var client = await shared.World.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: blog.localhost\r\n{rest}");
        client.EndSending();
        Assert.Equal("", await client.ToEndAsync());
        await shared.World.Upstream.Returned.WaitForAsync("the slot back", o => o == SlotOutcome.ClientAborted, before);
    }
}
