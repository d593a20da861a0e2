using Homeostat.Core.Replay;
using Xunit;

namespace Homeostat.Core.Tests.Replay;

public sealed class ArrivalTests
{
    [Fact]
    public void Counted_EachMinuteHasItsRequests_InOrder()
    {
        double[] counts = [0, 5, 1000, 0, 1, 70_000];
        var arrivals = All(new CountedArrivals(counts, TimeSpan.TicksPerMinute, 1, ServiceTime.Default, new ReplayRandom(1)));

        Assert.Equal(arrivals.Order(), arrivals);
        Assert.Equal(counts, Enumerable.Range(0, counts.Length).Select(i => (double)arrivals.Count(a => a / TimeSpan.TicksPerMinute == i)));
    }

    [Fact]
    public void Counted_TimesWithinAMinute_AreUniform()
    {
        var arrivals = All(new CountedArrivals([100_000], TimeSpan.TicksPerMinute, 1, ServiceTime.Default, new ReplayRandom(3)));

        Assert.Equal(0.5, arrivals.Average(a => a / (double)TimeSpan.TicksPerMinute), 0.005);
        Assert.Equal(0.25, arrivals[25_000] / (double)TimeSpan.TicksPerMinute, 0.01);
    }

    [Fact]
    public void Counted_AShareIsKept_AndPartsOfRequestsAreDrawn()
    {
        var arrivals = All(new CountedArrivals([.. Enumerable.Repeat(3.0, 10_000)], TimeSpan.TicksPerSecond, 0.1, ServiceTime.Default, new ReplayRandom(3)));

        Assert.InRange(arrivals.Count, 2800, 3200);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void ServiceTime_HasItsMean(double variation)
    {
        var (time, random) = (new ServiceTime(TimeSpan.FromMilliseconds(50), variation), new ReplayRandom(5));

        var drawn = Enumerable.Range(0, 200_000).Select(_ => time.Draw(random) / (double)TimeSpan.TicksPerMillisecond).ToList();

        Assert.Equal(50, drawn.Average(), 1.5);
        Assert.Equal(variation * 50, Math.Sqrt(drawn.Average(d => (d - 50) * (d - 50))), 15.0);
    }

    [Fact]
    public void Random_IsTheSameForEver()
    {
        var random = new ReplayRandom(42, 1);
        Assert.Equal([0x89dceac19500853cUL, 0x58984a03acde1401UL, 0x6a860072b381657bUL], new[] { random.NextBits(), random.NextBits(), random.NextBits() });
        Assert.NotEqual(new ReplayRandom(42, 1).NextBits(), new ReplayRandom(42, 2).NextBits());
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.95)]
    [InlineData(0.99)]
    public void Histogram_QuantilesAreRightToOnePercent(double quantile)
    {
        var (histogram, random, all) = (new WaitHistogram(), new ReplayRandom(9), new List<long>());
        for (var i = 0; i < 50_000; i++)
        {
            var ticks = (long)Math.Exp(random.NextDouble() * 20);
            all.Add(ticks);
            histogram.Add(ticks);
        }

        all.Sort();
        var exact = all[(int)Math.Ceiling(quantile * all.Count) - 1] / (double)TimeSpan.TicksPerSecond;
        Assert.Equal(exact, histogram.Quantile(quantile), exact * 0.02);
    }

    private static List<long> All(CountedArrivals arrivals)
    {
        var times = new List<long>();
        while (arrivals.TryNext(out var arrival))
        {
            times.Add(arrival.At);
            Assert.True(arrival.Work >= 1);
        }

        return times;
    }
}
