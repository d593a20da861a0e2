using Homeostat.Core.Forecasting;
using Homeostat.Core.Forecasting.Seasons;
using Xunit;

namespace Homeostat.Core.Tests.Forecasting;

public sealed class SeasonFinderTests
{
    [Theory]
    [InlineData(7, 200)]
    [InlineData(24, 300)]
    [InlineData(60, 700)]
    [InlineData(96, 1000)]
    [InlineData(288, 2000)]
    [InlineData(1440, 5000)]
    public void Observe_WhatRepeats_IsFound(int period, int count)
    {
        var noise = new Noise(period);
        Assert.Equal(period, Found(Enumerable.Range(0, count).Select(i => 100 + (60 * Math.Sin(2 * Math.PI * i / period)) + (15 * noise.Normal()))));
    }

    [Fact]
    public void Observe_AWeekOfDays_IsAWeek()
    {
        var noise = new Noise(3);
        Assert.Equal(336, Found(Enumerable.Range(0, 336 * 4).Select(i => (i / 48 % 7 < 5 ? 100 : 40) * (1.2 + Math.Sin(2 * Math.PI * i / 48)) + (4 * noise.Normal()))));
    }

    [Fact]
    public void Observe_WhatDoesNotRepeat_HasNoSeason()
    {
        var wrong = 0;
        for (var seed = 1; seed <= 8; seed++)
        {
            var noise = new Noise(seed);
            var walk = 1000.0;
            wrong += Found(Enumerable.Range(0, 3000).Select(_ => walk = Math.Max(0, walk + (5 * noise.Normal())))) is null ? 0 : 1;
            wrong += Found(Enumerable.Range(0, 3000).Select(_ => Math.Max(0, 50 + (20 * noise.Normal())))) is null ? 0 : 1;
            wrong += Found(Enumerable.Range(0, 3000).Select(i => i + noise.Normal())) is null ? 0 : 1;
        }
        // One in a hundred walks looks like a season by chance.
        Assert.InRange(wrong, 0, 1);
        Assert.Null(Found(Enumerable.Repeat(5.0, 3000)));
        Assert.Null(Found(Enumerable.Repeat(0.0, 3000)));
        Assert.Null(Found(Enumerable.Range(0, 3000).Select(i => i == 1500 ? 1000.0 : 0)));
    }

    [Fact]
    public void Observe_ASeasonThatEnds_IsForgotten()
    {
        var noise = new Noise(5);
        Assert.Null(Found(Enumerable.Range(0, 12_000).Select(i => Math.Max(0, 100 + (i < 1000 ? 60 * Math.Sin(2 * Math.PI * i / 24) : 0) + (10 * noise.Normal())))));
    }

    private static int? Found(IEnumerable<double> values)
    {
        var history = new History(4608);
        var finder = new SeasonFinder(history);
        foreach (var value in values)
        {
            history.Add(Math.Max(0, value));
            finder.Observe();
        }
        return finder.Period;
    }
}
