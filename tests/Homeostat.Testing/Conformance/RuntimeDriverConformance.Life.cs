using System.Net.Sockets;
using Homeostat.Core.Runtime;
using Homeostat.Drivers.Runtime.Contract;
using Xunit;

namespace Homeostat.Testing.Conformance;

public abstract partial class RuntimeDriverConformance
{
    [Fact]
    public async Task Start_Cold_ServesAndIsListed()
    {
        var revision = await PreparedAsync();
        var outcome = await Driver.StartAsync(new("web-1"), revision.Id, StartWay.Cold, Specs.Limits, Next(), default);

        Assert.True(outcome.Failure is null, outcome.Failure?.ToString());
        Assert.Equal(WakeWay.Cold, outcome.Ready!.Way);
        Assert.NotEmpty(outcome.Ready.Phases);
        Assert.Contains("count 1", await GetAsync(new("web-1")));
        var seen = await SeenAsync(new("web-1"));
        Assert.Equal((revision.Id, Tier.Running), (seen.Revision, seen.Tier));
        Assert.True(seen.Pid > 0);
        Assert.NotNull(seen.Endpoint);
        Assert.Null(seen.Exit);
    }

    [Fact]
    public async Task Start_Twice_FindsTheSameInstance()
    {
        var revision = await PreparedAsync();
        var id = await StartedAsync(revision);
        var pid = (await SeenAsync(id)).Pid;

        var again = await Driver.StartAsync(id, revision.Id, StartWay.Cold, Specs.Limits, Next(), default);

        Assert.Equal((WakeWay.Running, pid), (again.Ready!.Way, again.Ready.Instance.Pid));
    }

    [Fact]
    public async Task Start_TwoAtOnce_AreIndependent()
    {
        var revision = await PreparedAsync();
        var ids = await Task.WhenAll(StartedAsync(revision), StartedAsync(revision));

        Assert.Contains("count 1", await GetAsync(ids[0]));
        Assert.Contains("count 2", await GetAsync(ids[0]));
        Assert.Contains("count 1", await GetAsync(ids[1]));
        var endpoints = (await Driver.ListAsync(default)).Select(instance => instance.Endpoint).Distinct();
        Assert.Equal(2, endpoints.Count());
    }

    [Fact]
    public async Task List_IsOrderedById()
    {
        var revision = await PreparedAsync();
        foreach (var id in (string[])["b", "a"])
        {
            await Driver.StartAsync(new(id), revision.Id, StartWay.Cold, Specs.Limits, Next(), default);
        }

        Assert.Equal(["a", "b"], (await Driver.ListAsync(default)).Select(instance => instance.Id.Value));
    }

    [Fact]
    public async Task Stop_RemovesEverything_AndTwiceIsASuccess()
    {
        var id = await StartedAsync(await PreparedAsync());
        await Driver.StopAsync(id, TimeSpan.FromSeconds(2), Next(), default);
        await Driver.StopAsync(id, TimeSpan.FromSeconds(2), Next(), default);

        Assert.Empty(await Driver.ListAsync(default));
        await Assert.ThrowsAsync<SocketException>(async () => await Driver.ConnectAsync(id, default));
    }

    [Fact]
    public async Task Stop_Unknown_IsASuccess() => await Driver.StopAsync(new("nobody"), TimeSpan.Zero, Next(), default);

    [Fact]
    public async Task Stop_Frozen_EndsIt()
    {
        var id = await StartedAsync(await PreparedAsync());
        Assert.Null(await SleepAsync(id, Tier.Frozen));
        await Driver.StopAsync(id, TimeSpan.FromSeconds(2), Next(), default).Within("the stop");
        Assert.Empty(await Driver.ListAsync(default));
    }

    [Fact]
    public async Task OlderGeneration_IsRefused()
    {
        var revision = await PreparedAsync();
        var id = NewId();
        await Driver.StartAsync(id, revision.Id, StartWay.Cold, Specs.Limits, new(10), default);

        Assert.Equal(FailureKind.Superseded, (await Driver.SleepAsync(id, Tier.Frozen, new(9), default))!.Kind);
        Assert.Equal(FailureKind.Superseded, (await Driver.WakeAsync(id, Specs.Limits, new(9), default)).Failure!.Kind);
        await Driver.StopAsync(id, TimeSpan.Zero, new(11), default);
        Assert.Equal(FailureKind.Superseded, (await Driver.StartAsync(id, revision.Id, StartWay.Cold, Specs.Limits, new(10), default)).Failure!.Kind);
    }

    [Fact]
    public async Task Start_OfARevisionThatIsNotPrepared_IsNotFound()
    {
        var outcome = await Driver.StartAsync(NewId(), new(new("nobody"), 1), StartWay.Cold, Specs.Limits, Next(), default);
        Assert.Equal(FailureKind.NotFound, outcome.Failure!.Kind);
    }

    [Fact]
    public async Task Start_Cancelled_LeavesNothing()
    {
        var revision = await PreparedAsync(ConformanceProgram.NeverListens);
        using var cancel = new CancellationTokenSource();
        var start = Driver.StartAsync(NewId(), revision.Id, StartWay.Cold, Specs.Limits, Next(), cancel.Token);
        await cancel.CancelAsync();

        try
        {
            var outcome = await start.Within("the start");
            Assert.NotNull(outcome.Failure);
        }
        catch (OperationCanceledException)
        {
            // As promised; a start that fails first is as good.
        }

        Assert.Empty(await Driver.ListAsync(default));
    }

    [Fact]
    public async Task Logs_HaveWhatTheProgramWrote_AndGoOnWithFollow()
    {
        var id = await StartedAsync(await PreparedAsync());
        using var stop = new CancellationTokenSource(Waiting.Deadline, TimeProvider.System);
        var lines = new EventWaiter<LogLine>("log lines");
        var reading = Task.Run(async () =>
        {
            await foreach (var line in Driver.ReadLogsAsync(id, 100, follow: true, stop.Token))
            {
                lines.Add(line);
            }
        });

        await GetAsync(id, "/logged");
        var seen = await lines.WaitForAsync("the request's line", line => line.Text.Contains("/logged", StringComparison.Ordinal));
        Assert.Equal(id, seen.Instance);

        await Driver.StopAsync(id, TimeSpan.Zero, Next(), default);
        await reading.Within("the end of the log of a stopped instance");
    }
}
