using Homeostat.Core.Explanation;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Drivers.Runtime.Fake;
using Homeostat.Server.Events;
using Homeostat.Server.Forwarding.Contract;
using Homeostat.Server.Regulation;
using Homeostat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Homeostat.Server.Tests.Regulation;

/// <summary>A board on the fake driver.</summary>
internal sealed class BoardScene : IAsyncDisposable
{
    private readonly bool _ownsHost;
    private long _generation;

    public BoardScene(FakeOptions? options = null, TimeProvider? time = null, FakeHost? host = null, long generation = 0)
    {
        (_generation, _ownsHost) = (generation, host is null);
        Host = host ?? new FakeHost();
        Driver = new FakeRuntimeDriver(Host, options ?? FakeOptions.Instant, time ?? TimeProvider.System);
        Board = new ServiceBoard(Driver, time ?? TimeProvider.System, () => new Generation(Interlocked.Increment(ref _generation)), Hear, NullLoggerFactory.Instance);
    }

    public FakeHost Host { get; }

    public FakeRuntimeDriver Driver { get; }

    public ServiceBoard Board { get; }

    public EventWaiter<PlatformEvent> Events { get; } = new("events");

    /// <summary>Called with each event where it happens, before whoever waits for it.</summary>
    public Action<PlatformEvent>? AtOnce { get; set; }

    public IUpstream Blog => Board.Lookup("blog.localhost", "/")!;

    public ServiceSnapshot View => Board.View(new ServiceName("blog"))!;

    /// <summary>Starts the board and applies a service; returns once its template was tried.</summary>
    public static async Task<BoardScene> AppliedAsync(ServiceSpec? spec = null, FakeOptions? options = null, TimeProvider? time = null, bool template = true)
    {
        var scene = new BoardScene(options, time);
        await scene.Board.StartAsync([], default);
        Assert.Null(await scene.Board.ApplyAsync(Specs.Revision(spec), default));
        if (template)
        {
            await scene.Events.WaitForAsync("template", e => e.Type.StartsWith("template", StringComparison.Ordinal));
        }

        return scene;
    }

    public async Task<Admission> RequestAsync(string trigger = "GET /") => await Blog.EnterAsync(0, trigger, default).Within("an admission");

    /// <summary>A whole request: a slot is taken and given back.</summary>
    public async Task<Admission> ServeAsync(string trigger = "GET /")
    {
        var admission = await RequestAsync(trigger);
        if (admission.Instance is { } instance)
        {
            Blog.Return(instance, SlotOutcome.Completed);
        }

        return admission;
    }

    private void Hear(PlatformEvent happened)
    {
        AtOnce?.Invoke(happened);
        Events.Add(happened);
    }

    public async ValueTask DisposeAsync()
    {
        await Board.DisposeAsync();
        await Driver.DisposeAsync();
        if (_ownsHost)
        {
            await Host.DisposeAsync();
        }
    }
}
