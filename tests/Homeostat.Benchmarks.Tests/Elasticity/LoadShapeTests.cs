using Homeostat.Benchmarks.Elasticity;
using Xunit;

namespace Homeostat.Benchmarks.Tests.Elasticity;

/// <summary>The loads are what their names say, and the same for everybody compared.</summary>
public sealed class LoadShapeTests
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(20);

    public static TheoryData<string> Names => [.. LoadShape.All(10, 100).Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Rate_Always_BetweenLowAndHigh(string name)
    {
        var shape = LoadShape.All(10, 100).Single(s => s.Name == name);
        Assert.All(Enumerable.Range(0, 1000), i => Assert.InRange(shape.Rate(i / 1000.0), 10, 100.000001));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Arrivals_Always_RiseWithinTheLength_AndAreTheSameForASeed(string name)
    {
        var shape = LoadShape.All(10, 100).Single(s => s.Name == name);
        var arrivals = shape.Arrivals(Length, seed: 1);
        Assert.Equal(arrivals.Order(), arrivals);
        Assert.All(arrivals, a => Assert.InRange(a, TimeSpan.Zero, Length));
        Assert.Equal(arrivals, shape.Arrivals(Length, seed: 1));
        Assert.NotEqual(arrivals, shape.Arrivals(Length, seed: 2));
    }

    // The number of a Poisson process is its mean, give or take its root: five of them is once in a million.
    [Theory]
    [InlineData("square", 55)]
    [InlineData("spike", 19)]
    [InlineData("ramp", 55)]
    [InlineData("sine", 55)]
    public void Arrivals_Count_IsTheIntegralOfTheRate(string name, double meanRate)
    {
        var count = LoadShape.All(10, 100).Single(s => s.Name == name).Arrivals(Length, seed: 3).Count;
        var expected = meanRate * Length.TotalSeconds;
        Assert.InRange(count, expected - (5 * Math.Sqrt(expected)), expected + (5 * Math.Sqrt(expected)));
    }

    [Fact]
    public void Square_BusyQuarters_HaveTheRequests()
    {
        var arrivals = LoadShape.All(10, 100).Single(s => s.Name == "square").Arrivals(Length, seed: 4);
        var quarters = Enumerable.Range(0, 4).Select(q => arrivals.Count(a => (int)(a / Length * 4) == q)).ToList();
        Assert.True(quarters[1] > 5 * quarters[0] && quarters[3] > 5 * quarters[2], string.Join(", ", quarters));
    }
}
