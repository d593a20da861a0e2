using Homeostat.Core.Replay.Traces;
using Xunit;

namespace Homeostat.Core.Tests.Replay.Traces;

public sealed class TraceSeriesTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void From_Requests_AreCountedInBins()
    {
        var series = Series("1700000000\n1700000001\n1700000185\n", Minute);
        Assert.Equal([2, 0, 0, 1], series.Counts);
        Assert.Equal((Minute, 1699999980.0), (series.Step, series.Start));
    }

    [Theory]
    [InlineData(60, new[] { 1.0, 2, 3, 4, 5 }, 60)]
    [InlineData(120, new[] { 3.0, 7 }, 120)]
    [InlineData(90, new[] { 1.0, 2, 3, 4, 5 }, 60)]
    [InlineData(5, new[] { 1.0, 2, 3, 4, 5 }, 60)]
    public void From_Counts_AreSummedWhereTheBinIsAMultiple(int bin, double[] counts, int step)
    {
        var series = Series(Counts(Enumerable.Range(0, 5)), TimeSpan.FromSeconds(bin));
        Assert.Equal(counts, series.Counts);
        Assert.Equal(TimeSpan.FromSeconds(step), series.Step);
    }

    [Fact]
    public void From_CountsWithoutTimes_HaveNoStep()
    {
        var series = Series("1\n2\n", Minute);
        Assert.Null(series.Step);
        Assert.Equal([1, 2], series.Counts);
    }

    [Fact]
    public void From_AFewGaps_AreFilledAndTold()
    {
        var series = Series(Counts(Enumerable.Range(0, 1000).Where(i => i is not (500 or 501))), Minute);
        Assert.Equal((1000, 2), (series.Counts.Length, series.Filled));
        Assert.Equal(series.Counts[499], series.Counts[501]);
    }

    [Theory]
    [InlineData(TraceGaps.Fill, 20, 3)]
    [InlineData(TraceGaps.Zero, 20, 0)]
    [InlineData(TraceGaps.Skip, 16, 8)]
    public void From_ManyGaps_AreAnErrorUnlessAskedFor(TraceGaps gaps, int length, double fourth)
    {
        var trace = TraceReader.Read(new StringReader(Counts(Enumerable.Range(0, 20).Where(i => i is < 3 or > 6)))).Trace!;
        var (refused, problem) = TraceSeries.From(trace, Minute);
        Assert.Null(refused);
        Assert.Equal("line 5: a gap: 4 steps of 60 s missing before 2023-11-14 22:20:20, 4 in the whole trace", problem!.ToString());
        var series = TraceSeries.From(trace, Minute, gaps).Series!;
        Assert.Equal((length, fourth), (series.Counts.Length, series.Counts[3]));
    }

    [Theory]
    [InlineData("ts,value\n1700000000,1\n1700000060,2\n1700000060,3\n1700000120,3\n", "line 4: 2023-11-14 22:14:20 is not after the line before")]
    [InlineData("ts,value\n1700000000,1\n1700000060,2\n1700000120,3\n1700000145,3\n1700000205,3\n", "line 5: 2023-11-14 22:15:45 is not on a step of 60 s")]
    [InlineData("ts,value\n1700000000,1\n1700000060,2\n1700000120,3\n1700000220,3\n1700000280,3\n", "line 5: 2023-11-14 22:17:00 is not on a step of 60 s")]
    public void From_CountsOutOfStep_AreAnError(string text, string said)
    {
        var (series, problem) = TraceSeries.From(TraceReader.Read(new StringReader(text)).Trace!, Minute);
        Assert.Null(series);
        Assert.Equal(said, problem!.ToString());
    }

    [Fact]
    public void From_RequestsFarApart_DoNotFillTheMemory()
    {
        var trace = TraceReader.Read(new StringReader("1000000001\n1700000000\n")).Trace!;
        Assert.Contains("span", TraceSeries.From(trace, TimeSpan.FromSeconds(1)).Problem!.Message, StringComparison.Ordinal);
    }

    private static TraceSeries Series(string text, TimeSpan bin)
    {
        var (series, problem) = TraceSeries.From(TraceReader.Read(new StringReader(text)).Trace!, bin);
        Assert.Null(problem);
        return series!;
    }

    private static string Counts(IEnumerable<int> steps) => "ts,value\n" + string.Concat(steps.Select(i => $"{1700000000 + (60 * i)},{i + 1}\n"));
}
