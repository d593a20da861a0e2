using System.Net;
using System.Text;
using Homeostat.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Homeostat.Server.Api;

/// <summary>The management API on Kestrel: a unix socket in the data directory, and a loopback address unless that is turned off.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    /// <summary>Longest path of a unix socket on Linux (sun_path without its end).</summary>
    private const int SocketPathMax = 107;

    /// <summary>Largest body: four times the largest service file in UTF-8.</summary>
    private const long BodyBytesMax = 1 << 20;

    private readonly WebApplication _app;
    private readonly ApiParts _parts;

    private ApiHost(WebApplication app, ApiParts parts) => (_app, _parts) = (app, parts);

    /// <summary>Where it listens besides the socket.</summary>
    public IPEndPoint? Admin { get; private set; }

    public void SetReady() => _parts.Ready = true;

    /// <exception cref="PlatformException">The socket or the address cannot be had.</exception>
    public static async Task<ApiHost> StartAsync(ApiParts parts, string socket, ILoggerFactory logs, CancellationToken cancel)
    {
        if (Encoding.UTF8.GetByteCount(socket) > SocketPathMax)
        {
            throw new PlatformException($"the path {socket} is too long for a unix socket ({SocketPathMax} bytes)", "Choose a shorter --data DIR.");
        }
        // Left by a killed platform; the lock on the data directory says that nobody listens on it.
        File.Delete(socket);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logs).AddSingleton<IHostLifetime, NoLifetime>().AddRoutingCore();
        builder.Services.AddOpenApi("v1", ApiDocument.Describe);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, socket, parts.Options.Admin));
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.CreateBoundListenSocket = InheritedSockets.Bind);
        var app = builder.Build();
        var host = new ApiHost(app, parts);
        app.UseMiddleware<ApiErrors>();
        app.UseMiddleware<ApiGuard>();
        app.UseRouting();
        MapAll(app, parts);
        try
        {
            await app.StartAsync(cancel);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
        File.SetUnixFileMode(socket, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
        host.Admin = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Where(a => !a.Contains("unix:", StringComparison.Ordinal)).Select(a => new Uri(a)).Select(u => new IPEndPoint(IPAddress.Parse(u.Host.Trim('[', ']')), u.Port)).FirstOrDefault();
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        _parts.Ready = false;
        // Streams of followers never end by themselves: they are broken off.
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private static void Configure(KestrelServerOptions kestrel, string socket, IPEndPoint? admin)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = BodyBytesMax;
        kestrel.Limits.MaxConcurrentConnections = 1000;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http1);
        if (admin is not null)
        {
            kestrel.Listen(admin, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(PeerIdentity.Identify);
            });
        }
    }

    private static void MapAll(WebApplication app, ApiParts parts)
    {
        app.MapOpenApi("/v1/openapi.json");
        HealthEndpoints.Map(app, parts);
        PlatformEndpoints.Map(app, parts);
        ServiceEndpoints.Map(app, parts);
        ActionEndpoints.Map(app, parts);
        FollowEndpoints.Map(app, parts);
        app.MapFallback(() => Problems.Of(Problems.NoSuchAddress, null, "The addresses are listed at /v1/openapi.json."));
    }

    /// <summary>The platform starts and stops the API; signals of the process are not its business.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
