using Homeostat.Benchmarks.Elasticity;
using Homeostat.Benchmarks.Reporting;
using Xunit;

namespace Homeostat.Benchmarks.Tests.Elasticity;

/// <summary>What is computed from measurements.</summary>
public sealed class FiguresTests
{
    [Theory]
    [InlineData(1, 0.70, 1)]
    [InlineData(1, 0.76, 1)]
    [InlineData(1, 0.80, 2)]
    [InlineData(1, 1.00, 2)]
    [InlineData(2, 1.00, 3)]
    [InlineData(4, 1.00, 4)]
    [InlineData(4, 0.35, 2)]
    [InlineData(4, 0.00, 1)]
    public void Polling_Desired_IsTheFormulaOfTheHorizontalAutoscaler(int replicas, double use, int desired) =>
        Assert.Equal(desired, PollingFormula.Desired(replicas, use, 4));

    [Fact]
    public void ShareOver_CountsSlowAndFailed()
    {
        var bound = TimeSpan.FromMilliseconds(10);
        LoadResult[] results = [Result(5, "a"), Result(10, "a"), Result(11, "a"), Result(1, null)];
        Assert.Equal(0.5, LoadResult.ShareOver(results, bound));
        Assert.Equal(double.NaN, LoadResult.ShareOver([], bound));
    }

    [Fact]
    public void Track_Sum_IsTheAreaBelowTheSteps()
    {
        var track = new CapacityTrack();
        track.Add(TimeSpan.FromSeconds(0), 1, 0.4);
        track.Add(TimeSpan.FromSeconds(2), 3, 1.2);
        track.Add(TimeSpan.FromSeconds(3), 0, 0);
        // What is seen after the end of the load does not count.
        track.Add(TimeSpan.FromSeconds(9), 4, 1.6);
        var (instances, cores) = track.Sum(TimeSpan.FromSeconds(8));
        Assert.Equal(5, instances, 9);
        Assert.Equal(2.0, cores, 9);
    }

    [Fact]
    public void Percentiles_AreNearestRank()
    {
        var sample = new Sample();
        for (var i = 100; i >= 1; i--)
        {
            sample.Add(i);
        }

        Assert.Equal((50, 95, 99, 1), (sample.P50, sample.P95, sample.P99, sample.Percentile(1)));
        Assert.Equal(double.NaN, new Sample().P50);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc 1 2\n\n", 200, "abc 1 2")]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", 503, "")]
    public void Answer_Whole_IsFound(string text, int status, string body) =>
        Assert.Equal(new HttpAnswer(status, body), HttpAnswer.Find(System.Text.Encoding.ASCII.GetBytes(text)));

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")]
    public void Answer_NotWhole_IsNull(string text) => Assert.Null(HttpAnswer.Find(System.Text.Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Result_TellsWhoServedIt_AndSinceWhen()
    {
        var result = Result(3, "a1b2 1700000000000500 00ff");
        Assert.Equal("a1b2", result.Instance);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000).AddMicroseconds(500), result.BegunAt);
        Assert.Null(Result(3, null).BegunAt);
    }

    private static LoadResult Result(double milliseconds, string? instance) => new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromMilliseconds(milliseconds), instance);
}
