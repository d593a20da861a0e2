using System.Globalization;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Testing.Conformance;

public abstract partial class RuntimeDriverConformance
{
    private const long MiB = 1 << 20;

    private static readonly ResourceLimits Small = new(0.1, 96 * MiB);

    [Fact]
    public async Task Start_WithLimits_HasThem_AndANewDriverReadsThem()
    {
        NeedsLimits();
        var (id, revision, begin) = (NewId(), await PreparedAsync(), new ResourceLimits(1, 96 * MiB));
        Assert.Null((await Driver.StartAsync(id, revision.Id, StartWay.Cold, begin, Next(), default)).Failure);
        AssertLimits(begin, (await SeenAsync(id)).Limits);

        Assert.Null(Driver.Resize(id, new(0.75, 128 * MiB)));
        AssertLimits(new(0.75, 128 * MiB), (await SeenAsync(id)).Limits);
        Assert.Null(Driver.Resize(id, new(null, 128 * MiB)));
        AssertLimits(new(null, 128 * MiB), (await SeenAsync(id)).Limits);
        Assert.Null(Driver.Resize(id, new(0.5, 100 * MiB)));
        await ReopenAsync();

        AssertLimits(new(0.5, 100 * MiB), (await SeenAsync(id)).Limits);
        Assert.Null(Driver.Resize(id, Small));
        AssertLimits(Small, (await SeenAsync(id)).Limits);
    }

    [Fact]
    public async Task Resize_OfABusyProgram_IsSeenInWhatItGets()
    {
        NeedsLimits();
        var id = await StartedAsync(Small);
        await GetAsync(id, "/burn");
        await ThrottledAsync(id);
        // Ten periods and a bit: the share of one may fall into the next.
        Assert.InRange(await CoresAsync(id, 10), 0.03, 0.16);

        Assert.Null(Driver.Resize(id, Small with { Cpu = 1 }));
        await Waiting.Until(async () => await CoresAsync(id, 3) > 0.3, "a program of which the limit was raised gets more");

        Assert.Null(Driver.Resize(id, Small));
        await ThrottledAsync(id);
        Assert.InRange(await CoresAsync(id, 10), 0.03, 0.16);
    }

    [Fact]
    public async Task Resize_WhileFrozen_CountsOnceItRuns()
    {
        NeedsLimits();
        Assert.SkipUnless(Driver.Capabilities.Freeze, "no freezer on this host");
        var id = await StartedAsync(Small);
        await GetAsync(id, "/burn");
        Assert.Null(await SleepAsync(id, Tier.Frozen));
        var raised = new ResourceLimits(0.5, 128 * MiB);

        Assert.Null(Driver.Resize(id, raised));

        Assert.Equal(Tier.Frozen, (await SeenAsync(id)).Tier);
        AssertLimits(raised, (await SeenAsync(id)).Limits);
        Assert.Null((await Driver.WakeAsync(id, Small, Next(), default)).Failure);
        AssertLimits(new(Small.Cpu, raised.MemoryBytes), (await SeenAsync(id)).Limits);
        await ThrottledAsync(id);
    }

    [Fact]
    public async Task Resize_OfMemory_LetsAnAllocationSucceed_AndIsNotLoweredBelowIt()
    {
        NeedsLimits();
        var id = await StartedAsync(Small);
        var raised = Small with { MemoryBytes = 256 * MiB };
        Assert.Null(Driver.Resize(id, raised));

        Assert.Contains(" 200 ", await GetAsync(id, "/hold?mib=120"));
        Assert.True(Driver.Sample(id)!.Value.MemoryBytes > 120 * MiB);
        Assert.Equal(FailureKind.Environment, Driver.Resize(id, Small)!.Kind);
        AssertLimits(raised, (await SeenAsync(id)).Limits);
        Assert.Contains("count", await GetAsync(id));

        Assert.Contains(" 200 ", await GetAsync(id, "/hold?mib=0"));
        await Waiting.Until(() => Task.FromResult(Driver.Resize(id, Small) is null), "its memory limit is lowered once it gave memory back");
        Assert.Contains("count", await GetAsync(id));
    }

    [Fact]
    public async Task Memory_BeyondTheLimit_EndsTheProgram()
    {
        NeedsLimits();
        var id = await StartedAsync(Small);

        // Its limit, and what the host has to swap besides.
        var beyond = 120 + (SwapBytes() / MiB);
        await Assert.ThrowsAnyAsync<Exception>(async () => Assert.Contains(" 200 ", await GetAsync(id, $"/hold?mib={beyond}")));

        await Waiting.Until(async () => (await SeenAsync(id)).Exit is { OutOfMemory: true }, "the kernel ended it");
    }

    private static long SwapBytes()
    {
        var total = File.ReadLines("/proc/meminfo").First(line => line.StartsWith("SwapTotal:", StringComparison.Ordinal));
        return long.Parse(total.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }

    [Fact]
    public async Task Image_KeepsTheMemoryLimitThatItHad()
    {
        NeedsLimits();
        Assert.SkipUnless(Driver.Capabilities.Checkpoint, "no process images on this host");
        var id = await StartedAsync(Small);
        Assert.Null(Driver.Resize(id, new(0.5, 256 * MiB)));
        Assert.Contains(" 200 ", await GetAsync(id, "/hold?mib=120"));
        Assert.Null(await SleepAsync(id, Tier.Image));

        Assert.Equal(FailureKind.NotFound, Driver.Resize(id, Small)!.Kind);
        Assert.Null(Driver.Sample(id));
        Assert.Null((await SeenAsync(id)).Limits);
        var woken = await Driver.WakeAsync(id, Small with { Cpu = 1 }, Next(), default);

        Assert.True(woken.Failure is null, woken.Failure?.ToString());
        AssertLimits(new(1, 256 * MiB), (await SeenAsync(id)).Limits);
        Assert.Contains("count", await GetAsync(id));
    }

    [Fact]
    public async Task ResizeAndSample_OfUnknown_AreNotFound()
    {
        Assert.Equal(FailureKind.NotFound, Driver.Resize(new("nobody"), Small)!.Kind);
        Assert.Null(Driver.Sample(new("nobody")));
        var id = await StartedAsync(await PreparedAsync());
        await Driver.StopAsync(id, TimeSpan.Zero, Next(), default);
        Assert.Equal(FailureKind.NotFound, Driver.Resize(id, Small)!.Kind);
        Assert.Null(Driver.Sample(id));
    }

    [Fact]
    public async Task Sample_NeverGoesBack()
    {
        NeedsLimits();
        var id = await StartedAsync(Small);
        await GetAsync(id, "/burn");
        var last = Driver.Sample(id)!.Value;
        var first = last;
        await Waiting.Until(
            () =>
            {
                var now = Driver.Sample(id)!.Value;
                Assert.True(now.Cpu >= last.Cpu && now.Throttled >= last.Throttled && now.Periods >= last.Periods && now.ThrottledPeriods >= last.ThrottledPeriods, $"{last} then {now}");
                Assert.True(now.ThrottledPeriods <= now.Periods, now.ToString());
                last = now;
                return Task.FromResult(now.ThrottledPeriods > first.ThrottledPeriods + 2 && now.Cpu > first.Cpu && now.Throttled > first.Throttled);
            },
            "three periods in which it was throttled");
    }

    private void NeedsLimits() => Assert.SkipUnless(Driver.Capabilities.Resize, "nothing is limited on this host");

    /// <summary>Started without a CPU limit, which a slow machine would not get ready under, then limited.</summary>
    private async Task<InstanceId> StartedAsync(ResourceLimits limits)
    {
        var revision = await PreparedAsync();
        var id = NewId();
        var outcome = await Driver.StartAsync(id, revision.Id, StartWay.Cold, limits with { Cpu = null }, Next(), default);
        Assert.True(outcome.Failure is null, outcome.Failure?.ToString());
        Assert.Null(Driver.Resize(id, limits));
        return id;
    }

    private async Task ThrottledAsync(InstanceId id)
    {
        var before = Driver.Sample(id)!.Value;
        await Waiting.Until(() => Task.FromResult(Driver.Sample(id)!.Value.ThrottledPeriods > before.ThrottledPeriods), "it is throttled");
    }

    /// <summary>Cores that it had over some periods of 100 ms, from one look behind the end of a period to another.</summary>
    private async Task<double> CoresAsync(InstanceId id, int periods)
    {
        var began = TimeProvider.System.GetTimestamp();
        var before = Driver.Sample(id)!.Value;
        await Waiting.Until(
            () => Task.FromResult(TimeProvider.System.GetElapsedTime(began) >= periods * TimeSpan.FromMilliseconds(100)), "time passes");
        var used = Driver.Sample(id)!.Value.Cpu - before.Cpu;
        return used / TimeProvider.System.GetElapsedTime(began);
    }

    private static void AssertLimits(ResourceLimits expected, ResourceLimits? seen)
    {
        Assert.NotNull(seen);
        Assert.Equal((expected.Cpu, expected.MemoryBytes), (seen.Cpu, seen.MemoryBytes));
    }
}
