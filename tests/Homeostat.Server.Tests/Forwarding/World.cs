using System.Net;
using Homeostat.Server.Forwarding;
using Homeostat.Server.Forwarding.Contract;
using Microsoft.Extensions.Logging.Abstractions;

namespace Homeostat.Server.Tests.Forwarding;

/// <summary>A gateway on loopback with one service, <c>blog.localhost</c>, and the program behind it.</summary>
internal sealed class World : IAsyncDisposable
{
    private World(RawApp app, GatewayOptions options)
    {
        App = app;
        Upstream = new TestUpstream(app.ConnectAsync);
        Gateway = new Gateway(options, Find, TimeProvider.System, NullLoggerFactory.Instance);
    }

    public RawApp App { get; }

    public TestUpstream Upstream { get; }

    public Gateway Gateway { get; }

    public static async Task<World> StartAsync(Func<RawPeer, Task> app, GatewayOptions? options = null)
    {
        var world = new World(new RawApp(app), options ?? new GatewayOptions());
        await world.Gateway.StartAsync([new IPEndPoint(IPAddress.Loopback, 0)], default);
        return world;
    }

    public Task<RawPeer> ConnectAsync() => RawPeer.ConnectAsync(Gateway.Endpoints[0]);

    /// <summary>One request on its own connection, its response.</summary>
    public async Task<RawMessage> AskAsync(string request, bool toHead = false)
    {
        using var client = await ConnectAsync();
        await client.SendAsync(request);
        return await client.ResponseAsync(toHead);
    }

    /// <summary>The slots are all given back, the last with this outcome.</summary>
    public Task ReturnedAsync(SlotOutcome outcome) => Upstream.Returned.WaitForAsync($"a slot given back as {outcome}", o => o == outcome);

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await App.DisposeAsync();
    }

    private TestUpstream? Find(ReadOnlySpan<char> host, ReadOnlySpan<char> path) =>
        (host.SequenceEqual("blog.localhost") || host.SequenceEqual("[::1]")) && path.StartsWith("/") && !path.StartsWith("/nowhere") ? Upstream : null;
}
