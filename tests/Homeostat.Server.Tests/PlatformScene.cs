using System.Net;
using Homeostat.Client;
using Homeostat.Client.Wire;
using Homeostat.Drivers.Runtime.Fake;
using Homeostat.Server.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Homeostat.Server.Tests;

/// <summary>A whole platform on the fake driver, on free ports, with a data directory of its own.</summary>
internal sealed class PlatformScene : IAsyncDisposable
{
    public const string Blog = "service: blog\nhost: true\ncommand: [sh]\nport: 8080\n";

    private readonly TempFolder _folder = new();

    public FakeHost Host { get; } = new();

    public Platform Platform { get; private set; } = null!;

    /// <summary>Through the unix socket.</summary>
    public HomeostatClient Client { get; private set; } = null!;

    /// <summary>To the admin address, as curl would.</summary>
    public HttpClient Admin { get; private set; } = null!;

    public string Data => Path.Combine(_folder.Path, "data");

    public TempFolder Folder => _folder;

    public static async Task<PlatformScene> StartAsync(bool blog = false)
    {
        var scene = new PlatformScene();
        await scene.RestartAsync();
        if (blog)
        {
            await scene.ApplyAsync(Blog);
        }
        return scene;
    }

    /// <summary>Starts the platform (again) on the same data and the same world.</summary>
    public async Task RestartAsync()
    {
        var options = new PlatformOptions
        {
            Data = Data,
            Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
            Admin = new IPEndPoint(IPAddress.Loopback, 0),
            Driver = DriverKind.Fake,
        };
        Platform = await Platform.StartAsync(options, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None, Host);
        Client = new HomeostatClient(ServerAddress.OfData(Data));
        Admin = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://{Platform.Admin}/") };
    }

    public Task<ApplyResult> ApplyAsync(string text, string service = "blog", string tenant = "default", bool dryRun = false) =>
        Client.ApplyAsync(tenant, service, text, _folder.Path, dryRun, CancellationToken.None);

    /// <summary>A request through the gateway.</summary>
    public async Task<HttpResponseMessage> RequestAsync(string host = "blog.localhost", string path = "/")
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{Platform.Gateway[0]}{path}");
        request.Headers.Host = host;
        return await http.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Admin.Dispose();
        await Platform.DisposeAsync();
        await Host.DisposeAsync();
        _folder.Dispose();
    }
}
