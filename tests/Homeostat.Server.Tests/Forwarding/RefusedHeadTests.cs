using System.Text.Json;
using Xunit;

namespace Homeostat.Server.Tests.Forwarding;

/// <summary>What two recipients could read differently is answered with an error and a closed connection, and no program ever sees a byte of it.</summary>
public sealed class RefusedHeadTests(RefusedHeadTests.EchoWorld shared) : IClassFixture<RefusedHeadTests.EchoWorld>
{
    public static TheoryData<string, string, int> Heads => RefusedHeads.All;

    [Theory]
    [MemberData(nameof(Heads))]
    public async Task Head_Ambiguous_IsRefusedAndClosed(string name, string bytes, int status)
    {
        var seen = shared.World.App.Events.Seen.Count;
        using var client = await shared.World.ConnectAsync();
        await client.SendAsync(bytes);
        var answer = await client.ResponseAsync();
        Assert.True(status == answer.Status, $"{name}: expected {status}, was {answer}");
        Assert.Equal("close", answer["Connection"]);
        Assert.Equal("application/problem+json", answer["Content-Type"]);
        using var problem = JsonDocument.Parse(answer.Body);
        Assert.StartsWith("urn:homeostat:problem:", problem.RootElement.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.Equal(status, problem.RootElement.GetProperty("status").GetInt32());
        client.EndSending();
        Assert.Equal("", await client.ToEndAsync());
        Assert.Equal(seen, shared.World.App.Events.Seen.Count);
        Assert.Equal(0, shared.World.Upstream.Taken);
    }

    /// <summary>One gateway with the echoing program for all rows.</summary>
    public sealed class EchoWorld : IAsyncLifetime
    {
        internal World World { get; private set; } = null!;

        public async ValueTask InitializeAsync() => World = await World.StartAsync(RawApp.EchoAsync);

        public ValueTask DisposeAsync() => World.DisposeAsync();
    }
}
