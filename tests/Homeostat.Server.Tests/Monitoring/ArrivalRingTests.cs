using Homeostat.Server.Activation;
using Homeostat.Server.Monitoring;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Monitoring;

public sealed class ArrivalRingTests
{
    private readonly VirtualClock _time = new();
    private readonly ArrivalRing _ring;

    public ArrivalRingTests() => _ring = new ArrivalRing(new SteadyClock(_time));

    [Fact]
    public void Count_SecondsWithRequests_AreKept_OthersAreNot()
    {
        var began = _time.GetUtcNow().ToUnixTimeSeconds();
        Assert.Empty(_ring.ToList());

        Ask(3);
        _time.Advance(TimeSpan.FromSeconds(1));
        Ask(2);
        _time.Advance(TimeSpan.FromSeconds(100));
        Ask(1);

        Assert.Equal([new ArrivalCount(began, 3), new ArrivalCount(began + 1, 2), new ArrivalCount(began + 101, 1)], _ring.ToList());
    }

    [Fact]
    public void Count_BeyondTheLimit_ForgetsTheOldest()
    {
        for (var i = 0; i < ArrivalRing.SecondsKept + 10; i++)
        {
            Ask(1 + (i % 3));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        var kept = _ring.ToList();
        Assert.Equal(ArrivalRing.SecondsKept, kept.Count);
        Assert.Equal(1 + (10 % 3), kept[0].Count);
        Assert.Equal(_time.GetUtcNow().ToUnixTimeSeconds() - 1, kept[^1].Second);
    }

    [Fact]
    public async Task Count_FromManyThreads_LosesNone()
    {
        var ring = new ArrivalRing(new SteadyClock(TimeProvider.System));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 50_000; i++)
            {
                ring.Count();
            }
        }))).Within("counting");

        Assert.Equal(200_000, ring.ToList().Sum(s => s.Count));
    }

    private void Ask(int times)
    {
        for (var i = 0; i < times; i++)
        {
            _ring.Count();
        }
    }
}
