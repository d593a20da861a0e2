using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Drivers.Runtime.Fake;
using Homeostat.Server.Monitoring;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Monitoring;

public sealed class InstanceMonitorTests : IAsyncDisposable
{
    private static readonly ResourceSpec Declared = new(0.5, 256 << 20, 2);

    private readonly VirtualClock _clock = new();
    private readonly FakeHost _host = new();
    private readonly FakeRuntimeDriver _driver;
    private readonly InstanceMonitor _monitor;
    private int _inFlight;
    private int _told;

    public InstanceMonitorTests()
    {
        _driver = new FakeRuntimeDriver(_host, FakeOptions.Instant, _clock);
        _monitor = new InstanceMonitor(_driver, _clock);
    }

    public async ValueTask DisposeAsync()
    {
        _monitor.Dispose();
        await _driver.DisposeAsync();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task AtItsLimit_ItsControllerIsToldOnce_BeforeThePeriodEnds()
    {
        var (id, watched) = await WatchedAsync("one");
        Work(id, watched, cores: 1);

        Advance(4);
        Assert.Equal(0, _told);
        Advance(1);
        Assert.Equal(1, _told);
        Assert.Equal(1, watched.Usage!.Value.Throttled);
        Advance(50);
        Assert.Equal(1, _told);

        Assert.Null(_driver.Resize(id, new(0.8, Declared.MemoryBaseBytes)));
        watched.Fit(new(0.8, Declared.MemoryBaseBytes), Declared);
        Advance(20);
        Assert.Equal(2, _told);
    }

    [Fact]
    public async Task WhoRests_IsNotLookedAt_AndTheTimerIsOff()
    {
        var (id, watched) = await WatchedAsync("one");
        Assert.Null(_clock.NextTimer);
        Assert.Null(watched.Usage);

        Work(id, watched, cores: 0.1);
        Advance(3);
        Assert.Equal(4, _monitor.Looks);
        Assert.NotNull(watched.Usage);

        _inFlight = 0;
        Advance(1);
        Assert.Null(_clock.NextTimer);
        Assert.Null(watched.Usage);
        Assert.Equal(4, _monitor.Looks);

        Work(id, watched, cores: 0.1);
        Advance(1);
        Assert.Equal(6, _monitor.Looks);
    }

    /// <summary>Whether its memory fits into the base again is asked when nobody uses it.</summary>
    [Fact]
    public async Task WhoRestsRaised_IsLookedAtWhenAsked()
    {
        var (id, watched) = await WatchedAsync("one", new ResourceSpec(0.5, 128 << 20, 2, 256 << 20));
        Assert.True(watched.Usage!.Value.MemoryBytes > 0);
        Assert.Null(_clock.NextTimer);
    }

    [Fact]
    public async Task WhatCannotChange_IsNotLookedAt()
    {
        var (id, watched) = await WatchedAsync("one", new ResourceSpec(0.5, 256 << 20));
        Work(id, watched, cores: 1);
        Assert.Null(_clock.NextTimer);

        // Another revision declares a burst while it is at work.
        watched.Fit(new(0.5, 256 << 20), Declared);
        Advance(8);
        Assert.Equal(1, _told);

        watched.Dispose();
        Advance(1);
        Assert.Null(_clock.NextTimer);
    }

    [Fact]
    public async Task Quiet_IsLookedAtLessOften()
    {
        var (id, watched) = await WatchedAsync("one");
        Work(id, watched, cores: 0.01);
        Advance(110);
        var before = _monitor.Looks;

        Advance(50);
        Assert.Equal(10, _monitor.Looks - before);

        _host.Load(id, 1);
        Advance(10);
        Assert.Equal(1, _told);
    }

    [Fact]
    public async Task WhoComesBetweenTwoTicks_IsLookedAtAtOnce_TheOthersAreNot()
    {
        var ((a, first), (b, second)) = (await WatchedAsync("a"), await WatchedAsync("b"));
        Work(a, first, cores: 0.1);
        Advance(2);
        Assert.Equal(3, _monitor.Looks);

        _clock.Advance(TimeSpan.FromMilliseconds(5));
        Work(b, second, cores: 0.1);
        _clock.Advance(TimeSpan.Zero);
        Assert.Equal(4, _monitor.Looks);
        Assert.NotNull(second.Usage);
        _clock.Advance(InstanceMonitor.Every);
        Assert.Equal(6, _monitor.Looks);
    }

    [Theory]
    [InlineData(InstanceMonitor.LooksMax, 0)]
    [InlineData(InstanceMonitor.LooksMax + 1, 1)]
    public async Task ManyAtWork_AreLookedAtInTurn(int count, int crowded)
    {
        List<MonitoredInstance> all = [];
        for (var n = 0; n < count; n++)
        {
            var (id, watched) = await WatchedAsync($"i{n}");
            Work(id, watched, cores: 1);
            all.Add(watched);
        }

        Advance(1);
        // One when they came, and the first of the ordinary ones.
        Assert.Equal((2 * InstanceMonitor.LooksMax, 2 * crowded), (_monitor.Looks, _monitor.Crowded));
        Assert.All(all, watched => Assert.NotNull(watched.Usage));
        Advance(10);
        Assert.Equal(count, _told);
    }

    [Fact]
    public void ThrottledBook_AddsUp_AcrossContainersAndEnds()
    {
        var counters = new Dictionary<InstanceId, TimeSpan>();
        var book = new ThrottledBook(id => counters.TryGetValue(id, out var throttled) ? new ResourceUsage(default, throttled, 0, 0, 0, 0) : null);
        var (blog, a, b) = (new ServiceName("blog"), new InstanceId("a"), new InstanceId("b"));
        counters[a] = TimeSpan.FromSeconds(5);
        Assert.Equal(5, book.Read(blog, [a]).TotalSeconds);
        counters[a] = TimeSpan.FromSeconds(7);
        counters[b] = TimeSpan.FromSeconds(1);
        Assert.Equal(8, book.Read(blog, [a, b]).TotalSeconds);
        counters.Remove(a);
        Assert.Equal(8, book.Read(blog, [a, b]).TotalSeconds);
        counters[b] = TimeSpan.FromSeconds(0.5);
        Assert.Equal(8.5, book.Read(blog, [b]).TotalSeconds);
        book.Keep(new HashSet<ServiceName>());
        Assert.Equal(0.5, book.Read(blog, [b]).TotalSeconds);
    }

    private void Work(InstanceId id, MonitoredInstance watched, double cores)
    {
        _inFlight = 1;
        _host.Load(id, cores);
        watched.Busy();
    }

    private void Advance(int ticks)
    {
        for (var n = 0; n < ticks; n++)
        {
            _clock.Advance(InstanceMonitor.Every);
        }
    }

    private async Task<(InstanceId Id, MonitoredInstance Watched)> WatchedAsync(string name, ResourceSpec? declared = null)
    {
        var (id, revision, limits) = (new InstanceId(name), Specs.Revision(), new ResourceLimits(0.5, Declared.MemoryBaseBytes));
        Assert.Null(await _driver.PrepareAsync(revision, default));
        Assert.NotNull((await _driver.StartAsync(id, revision.Id, StartWay.Cold, limits, new Generation(1), default)).Ready);
        var watched = _monitor.Watch(id, () => _inFlight, () => _told++);
        watched.Fit(limits, declared ?? Declared);
        return (id, watched);
    }
}
