using System.Net.Sockets;
using System.Text;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Xunit;

namespace Homeostat.Testing.Conformance;

/// <summary>
/// What every runtime driver promises (<see cref="IRuntimeDriver"/>), as facts. A driver's test class derives from it and says how to open the driver and
/// which programs there are. The facts are in the parts of this class: life, tiers, failures, adoption.
/// </summary>
public abstract partial class RuntimeDriverConformance : IAsyncLifetime
{
    private IRuntimeDriver? _driver;
    private long _generation;
    private int _instances;

    protected IRuntimeDriver Driver => _driver!;

    /// <summary>A driver on this test's own host or data directory. Called again after disposing the first one: a new platform on the same data.</summary>
    protected abstract Task<IRuntimeDriver> OpenAsync();

    /// <summary>Removes what <see cref="OpenAsync"/> works on. All drivers are disposed.</summary>
    protected abstract ValueTask CloseAsync();

    protected abstract ServiceSpec Program(ConformanceProgram program, string name);

    public async ValueTask InitializeAsync() => _driver = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in await Driver.ListAsync(default))
        {
            await Driver.StopAsync(instance.Id, TimeSpan.Zero, Next(), default);
        }

        await Driver.DisposeAsync();
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    protected Generation Next() => new(++_generation);

    protected InstanceId NewId() => new($"i{++_instances}");

    protected async Task<Revision> PreparedAsync(ConformanceProgram program = ConformanceProgram.Serving, Func<ServiceSpec, ServiceSpec>? change = null)
    {
        var spec = Program(program, "conformance");
        var revision = Specs.Revision(change is null ? spec : change(spec));
        Assert.Null(await Driver.PrepareAsync(revision, default));
        return revision;
    }

    protected async Task<InstanceId> StartedAsync(Revision revision)
    {
        var id = NewId();
        var outcome = await Driver.StartAsync(id, revision.Id, StartWay.Cold, Specs.Limits, Next(), default);
        Assert.True(outcome.Failure is null, outcome.Failure?.ToString());
        return id;
    }

    /// <summary>The answer to one GET.</summary>
    protected async Task<string> GetAsync(InstanceId id, string path = "/")
    {
        using var limit = new CancellationTokenSource(Waiting.Deadline, TimeProvider.System);
        using var socket = await Driver.ConnectAsync(id, limit.Token);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), SocketFlags.None, limit.Token);
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        int read;
        while ((read = await socket.ReceiveAsync(buffer, SocketFlags.None, limit.Token)) > 0)
        {
            answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return answer.ToString();
    }

    protected async Task<ObservedInstance> SeenAsync(InstanceId id) => Assert.Single(await Driver.ListAsync(default), instance => instance.Id == id);

    protected async Task<Failure?> SleepAsync(InstanceId id, Tier to) => await Driver.SleepAsync(id, to, Next(), default);

    protected async Task<StartReport> WokenAsync(InstanceId id)
    {
        var outcome = await Driver.WakeAsync(id, Specs.Limits, Next(), default);
        Assert.True(outcome.Failure is null, outcome.Failure?.ToString());
        return outcome.Ready!;
    }

    /// <summary>Lets the driver go and opens a new one on the same data, as a restarted platform does.</summary>
    protected async Task ReopenAsync()
    {
        await Driver.DisposeAsync();
        _driver = await OpenAsync();
    }
}
