using System.Collections.Concurrent;
using System.Net;
using Homeostat.Server.Forwarding.Contract;
using Homeostat.Server.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Homeostat.Server.Forwarding;

/// <summary>
/// The HTTP data plane: accepts connections, finds the service of each request, and moves bytes. Kestrel's listener and transport carry it; reading
/// HTTP/1.1 and forwarding are ours (ADR 0003). Start once, stop once.
/// </summary>
public sealed class Gateway : IAsyncDisposable
{
    private readonly GatewayOptions _options;
    private readonly GatewayContext _context;
    private readonly ILoggerFactory _logs;
    private readonly ConcurrentDictionary<ClientConnection, byte> _connections = new();
    private KestrelServer? _server;
    private ITimer? _sweep;

    /// <exception cref="ArgumentException">An option is out of its range; the message names each.</exception>
    public Gateway(GatewayOptions options, RouteLookup routes, TimeProvider time, ILoggerFactory logs)
    {
        if (options.Check() is { Count: > 0 } wrong)
            throw new ArgumentException(string.Join('\n', wrong), nameof(options));
        _options = options;
        _logs = logs;
        _context = new GatewayContext(options, routes, Counters, new UpstreamSweep(options.UpstreamIdle), time, logs.CreateLogger<Gateway>());
    }

    public GatewayCounters Counters { get; } = new();

    /// <summary>Connections the sweep still looks at, also those that are closing.</summary>
    internal int Watched => _connections.Count;

    /// <summary>Where it listens, with the ports that were really taken.</summary>
    public IReadOnlyList<IPEndPoint> Endpoints { get; private set; } = [];

    /// <summary>Listens and serves. Port 0 takes a free one.</summary>
    /// <exception cref="IOException">An address is in use or not of this host.</exception>
    public async Task StartAsync(IReadOnlyList<IPEndPoint> endpoints, CancellationToken cancel)
    {
        InlineSockets.Prepare();
        var kestrel = new KestrelServerOptions { AddServerHeader = false };
        kestrel.Limits.MaxConcurrentConnections = _options.ConnectionsMax;
        foreach (var endpoint in endpoints)
            kestrel.Listen(endpoint, listen => listen.Run(ServeAsync));
        var sockets = new SocketTransportOptions
        {
            CreateBoundListenSocket = InheritedSockets.Bind,
            Backlog = 4096,
            NoDelay = true,
            MaxReadBufferSize = _options.PipeBytesMax,
            MaxWriteBufferSize = _options.PipeBytesMax,
            UnsafePreferInlineScheduling = true,
            // A call to the kernel less per request, for 4 KiB per idle connection.
            WaitForDataBeforeAllocatingBuffer = false,
        };
        _server = new KestrelServer(Options.Create(kestrel), new SocketTransportFactory(Options.Create(sockets), _logs), _logs);
        await _server.StartAsync(new NoApplication(), cancel);
        Endpoints = [.. _server.Features.Get<IServerAddressesFeature>()!.Addresses.Select(ParseAddress)];
        _sweep = _context.Time.CreateTimer(_ => Sweep(), null, _options.Sweep, _options.Sweep);
        foreach (var endpoint in Endpoints)
            GatewayLog.Listening(_context.Log, endpoint);
    }

    /// <summary>
    /// Listens no more, closes idle connections, lets requests in flight finish (their answers say <c>Connection: close</c>); what is not over when
    /// <paramref name="limit"/> is cancelled is broken off.
    /// </summary>
    public async Task StopAsync(CancellationToken limit)
    {
        if (_server is not { } server)
            return;
        _context.Drain();
        await server.StopAsync(limit);
        if (_sweep is { } sweep)
            await sweep.DisposeAsync();
        server.Dispose();
        _server = null;
    }

    /// <summary>Stops without waiting for anybody.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(new CancellationToken(canceled: true));

    private async Task ServeAsync(ConnectionContext transport)
    {
        var connection = new ClientConnection(transport, _context);
        _connections[connection] = 0;
        await connection.RunAsync();
    }

    private void Sweep()
    {
        var now = Environment.TickCount64;
        foreach (var (connection, _) in _connections)
        {
            connection.Sweep(now);
            if (connection.IsOver)
                _connections.TryRemove(connection, out _);
        }

        _context.Upstreams.Run(now);
    }

    private static IPEndPoint ParseAddress(string address)
    {
        var uri = BindingAddress.Parse(address);
        return new IPEndPoint(IPAddress.Parse(uri.Host.Trim('[', ']')), uri.Port);
    }

    /// <summary>Kestrel asks for an application; no connection ever gets to it, until HTTP/2 does.</summary>
    private sealed class NoApplication : IHttpApplication<IFeatureCollection>
    {
        public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

        public Task ProcessRequestAsync(IFeatureCollection context) => Task.CompletedTask;

        public void DisposeContext(IFeatureCollection context, Exception? exception)
        {
            // Nothing was made.
        }
    }
}
