using System.Net.Sockets;
using System.Text;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Drivers.Runtime.Fake;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Fake;

public sealed class FakeRuntimeDriverTests : IAsyncLifetime
{
    private readonly FakeHost _host = new();
    private readonly FakeRuntimeDriver _driver;
    private long _generation;

    public FakeRuntimeDriverTests() => _driver = new(_host, FakeOptions.Instant, TimeProvider.System);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _driver.DisposeAsync();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task SleepImage_Restored_GoesOnWithItsMemoryOnAFreshAddress()
    {
        var id = await StartAsync(Specs.Revision());
        Assert.Contains("count 1", await GetAsync(id, "/"));

        Assert.Null(await _driver.SleepAsync(id, Tier.Image, Next(), default));
        await Assert.ThrowsAsync<SocketException>(async () => await _driver.ConnectAsync(id, default));
        var asleep = Assert.Single(await _driver.ListAsync(default));
        Assert.Equal((Tier.Image, null, null), (asleep.Tier, asleep.Pid, asleep.Endpoint));

        Assert.Equal(WakeWay.Restored, (await _driver.WakeAsync(id, Specs.Limits, Next(), default)).Ready!.Way);
        Assert.Contains("count 2", await GetAsync(id, "/"));
    }

    [Fact]
    public async Task Frozen_ARequest_IsAcceptedAndAnsweredAfterTheThaw()
    {
        var id = await StartAsync(Specs.Revision());
        Assert.Null(await _driver.SleepAsync(id, Tier.Frozen, Next(), default));

        var answer = GetAsync(id, "/");
        Assert.False(answer.IsCompleted);
        Assert.Equal(WakeWay.Frozen, (await _driver.WakeAsync(id, Specs.Limits, Next(), default)).Ready!.Way);

        Assert.Contains("count 1", await answer.Within("the answer"));
    }

    [Fact]
    public async Task Restore_ThatFails_ConsumesTheImage()
    {
        var id = await StartAsync(Specs.Revision(Specs.Service(fake: "restore-fails")));
        Assert.Null(await _driver.SleepAsync(id, Tier.Image, Next(), default));

        Assert.Equal(FailureKind.RestoreFailed, (await _driver.WakeAsync(id, Specs.Limits, Next(), default)).Failure!.Kind);
        Assert.Empty(await _driver.ListAsync(default));
    }

    [Fact]
    public async Task Dump_ThatFails_LeavesItRunning()
    {
        var id = await StartAsync(Specs.Revision(Specs.Service(fake: "dump-fails")));

        Assert.Equal(FailureKind.DumpFailed, (await _driver.SleepAsync(id, Tier.Image, Next(), default))!.Kind);
        Assert.Contains("count 1", await GetAsync(id, "/"));
    }

    [Fact]
    public async Task OlderGeneration_IsRefused_EvenAfterTheInstanceIsGone()
    {
        var revision = Specs.Revision();
        var id = await StartAsync(revision);
        await _driver.StopAsync(id, TimeSpan.Zero, new Generation(100), default);

        var late = await _driver.StartAsync(id, revision.Id, StartWay.Cold, Specs.Limits, new Generation(99), default);

        Assert.Equal(FailureKind.Superseded, late.Failure!.Kind);
        Assert.Empty(await _driver.ListAsync(default));
    }

    [Fact]
    public async Task Start_BeyondTheAddresses_IsRefusedAndWorksAgainAfterAStop()
    {
        await using var driver = new FakeRuntimeDriver(_host, FakeOptions.Instant with { AddressesMax = 2 }, TimeProvider.System);
        var revision = Specs.Revision();
        await driver.PrepareAsync(revision, default);
        var ids = Enumerable.Range(0, 3).Select(n => new InstanceId($"i{n}")).ToArray();
        Assert.NotNull((await driver.StartAsync(ids[0], revision.Id, StartWay.Cold, Specs.Limits, Next(), default)).Ready);
        Assert.NotNull((await driver.StartAsync(ids[1], revision.Id, StartWay.Cold, Specs.Limits, Next(), default)).Ready);

        Assert.Equal(FailureKind.NoAddress, (await driver.StartAsync(ids[2], revision.Id, StartWay.Cold, Specs.Limits, Next(), default)).Failure!.Kind);
        await driver.StopAsync(ids[0], TimeSpan.Zero, Next(), default);
        Assert.NotNull((await driver.StartAsync(ids[2], revision.Id, StartWay.Cold, Specs.Limits, Next(), default)).Ready);
    }

    [Fact]
    public async Task Clone_FromTheTemplate_OnlyWhereAllowed()
    {
        var allowed = Specs.Revision();
        var refused = Specs.Revision(Specs.Service("shop", "unprimed"));
        await _driver.PrepareAsync(allowed, default);
        await _driver.PrepareAsync(refused, default);
        Assert.True((await _driver.MakeTemplateAsync(allowed.Id, anew: false, default)).ClonesAllowed);
        Assert.False((await _driver.MakeTemplateAsync(refused.Id, anew: false, default)).ClonesAllowed);

        Assert.Equal(WakeWay.Restored, (await _driver.StartAsync(new("a"), allowed.Id, StartWay.Clone, Specs.Limits, Next(), default)).Ready!.Way);
        Assert.Equal(FailureKind.NoImage, (await _driver.StartAsync(new("b"), refused.Id, StartWay.Clone, Specs.Limits, Next(), default)).Failure!.Kind);
    }

    [Fact]
    public async Task Crash_IsHintedAndListedUntilStopped()
    {
        var hints = new EventWaiter<DriverHint>("hints");
        using var stop = new CancellationTokenSource();
        var watch = Task.Run(async () =>
        {
            await foreach (var hint in _driver.WatchAsync(stop.Token))
            {
                hints.Add(hint);
            }
        });
        var revision = Specs.Revision(Specs.Service() with { Checkpoint = new CheckpointSpec() with { Spares = 1 } });
        var id = await StartAsync(revision);
        // The hint of the template tells that the watch is on: hints that come before it are missed, as the contract says.
        while (hints.Seen.Count == 0)
        {
            await _driver.ForgetAsync(revision.Id, default);
            await _driver.PrepareAsync(revision, default);
            await _driver.MakeTemplateAsync(revision.Id, anew: false, default);
            await Task.Yield();
        }

        Assert.True(_host.Crash(id, new ExitInfo(3, null, false)));

        await hints.WaitForAsync("the exit", h => h.Instance == id);
        Assert.Equal(3, Assert.Single(await _driver.ListAsync(default)).Exit!.Code);
        await _driver.StopAsync(id, TimeSpan.Zero, Next(), default);
        Assert.Empty(await _driver.ListAsync(default));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch);
    }

    [Fact]
    public async Task NewDriverOnTheSameHost_ListsWhatTheEarlierOneLeft()
    {
        var id = await StartAsync(Specs.Revision());
        await _driver.DisposeAsync();

        await using var next = new FakeRuntimeDriver(_host, FakeOptions.Instant, TimeProvider.System);

        Assert.Equal(Tier.Running, Assert.Single(await next.ListAsync(default)).Tier);
        using var socket = await next.ConnectAsync(id, default);
        Assert.True(socket.Connected);
    }

    [Fact]
    public async Task CancelledStart_LeavesNothing()
    {
        var clock = new VirtualClock();
        await using var driver = new FakeRuntimeDriver(_host, new FakeOptions(), clock);
        var revision = Specs.Revision();
        await driver.PrepareAsync(revision, default);
        using var cancel = new CancellationTokenSource();
        var start = driver.StartAsync(new("i"), revision.Id, StartWay.Cold, Specs.Limits, Next(), cancel.Token);
        await clock.ArmedAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(Tier.Starting, Assert.Single(await driver.ListAsync(default)).Tier);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
        Assert.Empty(await driver.ListAsync(default));
    }

    [Fact]
    public async Task Logs_Followed_EndWhenTheInstanceIsGone()
    {
        var id = await StartAsync(Specs.Revision());
        var lines = new EventWaiter<LogLine>("lines");
        var follow = Task.Run(async () =>
        {
            await foreach (var line in _driver.ReadLogsAsync(id, 10, follow: true, default))
            {
                lines.Add(line);
            }
        });
        await GetAsync(id, "/page");
        await lines.WaitForAsync("the request", l => l.Text == "GET /page");
        await _driver.StopAsync(id, TimeSpan.Zero, Next(), default);
        await follow.Within("the end of the logs");
    }

    private Generation Next() => new(++_generation);

    private async Task<InstanceId> StartAsync(Revision revision)
    {
        Assert.Null(await _driver.PrepareAsync(revision, default));
        var id = new InstanceId($"{revision.Id}-1");
        var outcome = await _driver.StartAsync(id, revision.Id, StartWay.Cold, Specs.Limits, Next(), default);
        Assert.Null(outcome.Failure);
        return id;
    }

    private async Task<string> GetAsync(InstanceId id, string path)
    {
        using var socket = await _driver.ConnectAsync(id, default);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
