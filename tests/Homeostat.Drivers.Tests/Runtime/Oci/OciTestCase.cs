using System.Net.Sockets;
using System.Text;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Drivers.Runtime.Oci;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>Common to the tests of the OCI driver on a host of their own: a driver, generations, requests; and at the end nothing may be left behind.</summary>
public abstract class OciTestCase : IAsyncLifetime
{
    private readonly OciSandbox _sandbox = new();
    private OciRuntimeDriver? _driver;
    private long _generation;

    protected OciRuntimeDriver Driver => _driver!;

    protected string Data => _sandbox.Data;

    protected virtual OciDriverOptions Change(OciDriverOptions options) => options;

    public async ValueTask InitializeAsync() => _driver = await _sandbox.OpenAsync(Change);

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in await Driver.ListAsync(default))
        {
            await Driver.StopAsync(instance.Id, TimeSpan.Zero, Next(), default);
        }

        await Driver.DisposeAsync();
        await _sandbox.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected Generation Next() => new(++_generation);

    protected async Task ReopenAsync()
    {
        await Driver.DisposeAsync();
        await OpenAgainAsync();
    }

    /// <summary>Another driver on the same data directory; the one before was disposed of.</summary>
    protected async Task OpenAgainAsync() => _driver = await _sandbox.OpenAsync(Change);

    protected async Task<StartOutcome> StartAsync(ServiceSpec spec, string id = "one", StartWay way = StartWay.Cold)
    {
        var revision = Specs.Revision(spec);
        Assert.Null(await Driver.PrepareAsync(revision, default));
        return await Driver.StartAsync(new(id), revision.Id, way, ResourceLimits.BaseOf(spec.Resources), Next(), default);
    }

    protected async Task<InstanceId> StartedAsync(ServiceSpec spec, string id = "one")
    {
        var outcome = await StartAsync(spec, id);
        Assert.True(outcome.Failure is null, outcome.Failure?.ToString());
        return new(id);
    }

    /// <summary>The answer to one GET, head and body.</summary>
    protected Task<string> GetAsync(InstanceId id, string path = "/") => GetAsync(Driver, id, path);

    /// <summary>The body alone.</summary>
    internal static async Task<string> BodyAsync(OciRuntimeDriver driver, InstanceId id)
    {
        var answer = await GetAsync(driver, id, "/");
        return answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
    }

    private static async Task<string> GetAsync(OciRuntimeDriver driver, InstanceId id, string path)
    {
        using var limit = new CancellationTokenSource(Waiting.Deadline, TimeProvider.System);
        using var socket = await driver.ConnectAsync(id, limit.Token);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), SocketFlags.None, limit.Token);
        var answer = new StringBuilder();
        var buffer = new byte[16 << 10];
        int read;
        while ((read = await socket.ReceiveAsync(buffer, SocketFlags.None, limit.Token)) > 0)
        {
            answer.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return answer.ToString();
    }
}
