using Homeostat.Server.Forwarding.Contract;
using Xunit;

namespace Homeostat.Server.Tests.Forwarding;

/// <summary>Expect: 100-continue in every order the three parties may take (RFC 9110 10.1.1).</summary>
public sealed class ContinueTests
{
    private const string Expecting = "POST / HTTP/1.1\r\nHost: blog.localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    private const string Continue = "HTTP/1.1 100 Continue\r\n\r\n";
    private const string Done = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

    [Fact]
    public async Task ProgramContinues_ThenTheClientSends()
    {
        await using var world = await World.StartAsync(PoliteAsync);
        using var client = await world.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync(Expecting);
            Assert.Equal(100, (await client.HeadAsync()).Status);
            await client.SendAsync("hello");
            Assert.Equal(200, (await client.ResponseAsync()).Status);
        }
    }

    [Fact]
    public async Task ClientDoesNotWait_TheProgramStillContinues()
    {
        await using var world = await World.StartAsync(PoliteAsync);
        using var client = await world.ConnectAsync();
        await client.SendAsync(Expecting + "hello");
        Assert.Equal(100, (await client.HeadAsync()).Status);
        Assert.Equal(200, (await client.ResponseAsync()).Status);
    }

    [Fact]
    public async Task ProgramKnowsNoExpectations_TheClientSendsAfterAWhile()
    {
        await using var world = await World.StartAsync(RawApp.Answers(Done));
        using var client = await world.ConnectAsync();
        await client.SendAsync(Expecting);
        await world.App.Events.WaitForAsync("the head at the program", e => e == "connected");
        await client.SendAsync("hello");
        Assert.Equal(200, (await client.ResponseAsync()).Status);
    }

    [Fact]
    public async Task ProgramRefuses_TheBodyIsNeverSent()
    {
        await using var world = await World.StartAsync(async app =>
        {
            await app.HeadAsync();
            await app.SendAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
        });
        using var client = await world.ConnectAsync();
        await client.SendAsync(Expecting);
        var answer = await client.ResponseAsync();
        Assert.Equal(413, answer.Status);
        // Nobody can know whether the client sends the body now: the next octets are no request.
        Assert.Equal("close", answer["Connection"]);
        await world.ReturnedAsync(SlotOutcome.Completed);
    }

    [Fact]
    public async Task NotExpected_100IsKeptFromTheClient()
    {
        await using var world = await World.StartAsync(RawApp.Answers(Continue + Done));
        using var client = await world.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: blog.localhost\r\nContent-Length: 5\r\n\r\nhello");
        Assert.Equal(200, (await client.HeadAsync()).Status);
    }

    [Fact]
    public async Task OtherInterimResponses_ReachTheClient_ButNot10()
    {
        await using var world = await World.StartAsync(RawApp.Answers("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + Done));
        using var client = await world.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n");
        var hints = await client.HeadAsync();
        Assert.Equal("</a.css>", hints["Link"]);
        Assert.Equal(200, (await client.ResponseAsync()).Status);
        using var old = await world.ConnectAsync();
        await old.SendAsync("GET / HTTP/1.0\r\nHost: blog.localhost\r\n\r\n");
        Assert.Equal(200, (await old.HeadAsync()).Status);
    }

    [Theory]
    [InlineData("POST / HTTP/1.0\r\nHost: blog.localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("GET / HTTP/1.1\r\nHost: blog.localhost\r\nExpect: 100-continue\r\n\r\n")]
    public async Task Expectation_WithoutSense_IsNotForwarded(string request)
    {
        await using var world = await World.StartAsync(RawApp.EchoAsync);
        Assert.DoesNotContain("Expect", (await world.AskAsync(request)).Body, StringComparison.Ordinal);
    }

    private static async Task PoliteAsync(RawPeer app)
    {
        while (await app.Reader.ReadHeadAsync(app.Deadline) is { } head)
        {
            Assert.Equal("100-continue", head["Expect"]);
            await app.SendAsync(Continue);
            Assert.Equal("hello", await app.ExactlyAsync(5));
            await app.SendAsync(Done);
        }
    }
}
