using Homeostat.Core.Monitoring;
using Homeostat.Core.Runtime;
using Xunit;

namespace Homeostat.Core.Tests.Monitoring;

public sealed class UsageMeterTests
{
    private const long MiB = 1 << 20;
    private const int Look = 10;

    private readonly UsageMeter _meter = new();
    private ResourceLimits _limits = new(0.5, 100 * MiB);
    private ResourceUsage _counters = new(TimeSpan.Zero, TimeSpan.Zero, 0, 0, 20 * MiB, 0);
    private int _at;

    [Fact]
    public void Busy_IsFoundBeforeThePeriodEnds()
    {
        // A whole core at a limit of half: 45 ms of computing are nine tenths of what a period gives.
        Assert.Equal(50, FirstOnset(cores: 1));
        Assert.Equal((1, 1.0), (_meter.Usage.Throttled, Math.Round(_meter.Usage.CpuCores, 3)));
        Assert.Equal(0, Times(20, cores: 0.5));
    }

    [Fact]
    public void ATinyLimit_IsFoundAtTheNextLook()
    {
        _limits = _limits with { Cpu = 0.1 };
        Assert.Equal(10, FirstOnset(cores: 1));
    }

    [Fact]
    public void BelowTheLimit_NothingIsTold()
    {
        Assert.Equal(0, Times(200, cores: 0.4));
        Assert.Equal((0, 0.4), (_meter.Usage.Throttled, Math.Round(_meter.Usage.CpuCores, 3)));
    }

    [Fact]
    public void AThrottledPeriod_IsToldOnce_AndAgainAfterTwoCalmOnes()
    {
        Times(5, 0.1);
        _counters = _counters with { Periods = _counters.Periods + 1, ThrottledPeriods = 1 };
        Assert.Equal(1, Times(5, 0.1));
        Assert.True(_meter.Usage.Throttled > 0);
        Assert.Equal(0, Times(30, 0.1, periodEvery: 10));
        Assert.Equal(0, _meter.Usage.Throttled);
        _counters = _counters with { Periods = _counters.Periods + 1, ThrottledPeriods = 2 };
        Assert.Equal(1, Times(5, 0.1));
    }

    [Fact]
    public void NewLimits_BeginAnew()
    {
        FirstOnset(cores: 1);
        _limits = _limits with { Cpu = 0.8 };
        Assert.Equal(80, FirstOnset(cores: 1));
        _limits = _limits with { Cpu = 2 };
        Assert.Equal(0, Times(30, cores: 1));
        Assert.Equal(0, _meter.Usage.Throttled);
    }

    [Fact]
    public void WithoutALimit_NothingIsThrottled()
    {
        _limits = _limits with { Cpu = null };
        Assert.Equal(0, Times(50, cores: 2));
        Assert.Equal(2, _meter.Usage.CpuCores, 3);
    }

    [Fact]
    public void Memory_NearItsLimit_IsToldOnce_AndLetGoWithHysteresis()
    {
        Assert.False(Memory(89));
        Assert.True(Memory(91));
        Assert.False(Memory(95));
        Memory(85);
        Assert.True(_meter.Usage.MemoryTight);
        Memory(79);
        Assert.False(_meter.Usage.MemoryTight);
        Assert.True(Memory(92));
        _limits = _limits with { MemoryBytes = 200 * MiB };
        Assert.False(Memory(92));
        Assert.False(_meter.Usage.MemoryTight);
        Assert.True(Memory(190));
    }

    [Fact]
    public void Hits_CountWhereMemoryIsMuch_ForASecond()
    {
        Memory(50);
        Assert.False(Memory(50, hits: 5));
        Memory(80);
        Assert.True(Memory(80, hits: 6));
        for (var n = 0; n < 90; n++)
        {
            Memory(70, hits: 6);
            Assert.True(_meter.Usage.MemoryTight);
        }

        _at += 200;
        Memory(70, hits: 6);
        Assert.False(_meter.Usage.MemoryTight);
    }

    [Fact]
    public void CountersThatBeganAnew_AreNoUse()
    {
        Times(20, cores: 0.3);
        _counters = new ResourceUsage(TimeSpan.FromMilliseconds(1), TimeSpan.Zero, 0, 0, 20 * MiB, 0);
        Assert.Equal(0, Times(1, cores: 0));
        Assert.InRange(_meter.Usage.CpuCores, 0, 0.001);
        _meter.Reset();
        Assert.Null(_meter.SampledAt);
    }

    /// <summary>Whatever is fed in, figures stay in their ranges, and it is told only when something begins.</summary>
    [Fact]
    public void Law_FiguresStayInRange()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            var (random, meter, at, counters) = (new Random(seed), new UsageMeter(), TimeSpan.Zero, default(ResourceUsage));
            for (var n = 0; n < 200; n++)
            {
                at += TimeSpan.FromMilliseconds(random.Next(0, 30));
                counters = random.Next(100) == 0 ? default : new ResourceUsage(
                    counters.Cpu + TimeSpan.FromMilliseconds(random.Next(0, 40)), counters.Throttled, counters.Periods + random.Next(0, 2), counters.ThrottledPeriods,
                    random.Next(0, 120) * MiB, counters.MemoryLimitHits + random.Next(0, 2));
                counters = counters with { ThrottledPeriods = Math.Min(counters.Periods, counters.ThrottledPeriods + random.Next(0, 2)) };
                var told = meter.Add(at, counters, new ResourceLimits(random.Next(5) == 0 ? null : 0.5, 100 * MiB));
                var usage = meter.Usage;
                Assert.True(usage.Throttled is >= 0 and <= 1 && usage.CpuCores >= 0 && double.IsFinite(usage.CpuCores), $"seed {seed}: {usage}");
                Assert.True(!told || usage.MemoryTight || usage.Throttled > 0, $"seed {seed}: told of nothing");
            }
        }
    }

    /// <summary>Milliseconds of computing until it is told.</summary>
    private int FirstOnset(double cores)
    {
        var began = _at;
        _meter.Add(TimeSpan.FromMilliseconds(_at), _counters, _limits);
        for (var n = 0; n < 100; n++)
        {
            if (Step(cores))
            {
                return _at - began;
            }
        }

        return -1;
    }

    private int Times(int looks, double cores, int periodEvery = 0)
    {
        var told = 0;
        for (var n = 1; n <= looks; n++)
        {
            if (periodEvery > 0 && n % periodEvery == 0)
            {
                _counters = _counters with { Periods = _counters.Periods + 1 };
            }

            told += Step(cores) ? 1 : 0;
        }

        return told;
    }

    private bool Step(double cores)
    {
        _at += Look;
        _counters = _counters with { Cpu = _counters.Cpu + TimeSpan.FromMilliseconds(Look * cores) };
        return _meter.Add(TimeSpan.FromMilliseconds(_at), _counters, _limits);
    }

    private bool Memory(int mib, int hits = -1)
    {
        _counters = _counters with { MemoryBytes = mib * MiB, MemoryLimitHits = hits < 0 ? _counters.MemoryLimitHits : hits };
        return Step(0);
    }
}
