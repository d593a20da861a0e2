using Homeostat.Core.Replay.Policies;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Core.Tests.Replay;

/// <summary>The peers' formulas, by worked examples.</summary>
public sealed class FormulaTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly ScaleSpec Ten = new(0, 1000, 8, 10);

    [Theory]
    [InlineData(3, 20, 20, 3)] // 20 / 7 = 2.9
    [InlineData(3, 21, 21, 3)]
    [InlineData(3, 21.1, 21.1, 4)]
    [InlineData(3, 20, 50, 8)] // panic: 8 / 3 >= 2
    [InlineData(4, 20, 50, 8)] // 8 / 4 is 2
    [InlineData(5, 20, 50, 3)] // 8 / 5 < 2: no panic
    [InlineData(10, 7, 7, 5)] // not below half
    [InlineData(1, 0, 0, 0)]
    [InlineData(0, 0, 3, 0)] // ceil(3 / 7) / 1 < 2
    [InlineData(0, 5, 100, 15)]
    public void Decide_WorkedExamples(int ready, double stable, double panic, int wanted) =>
        Assert.Equal(wanted, KnativeFormula.Decide(new KnativeInput(Noon, Ten, ready, stable, panic), default).Wanted);

    [Fact]
    public void Decide_InPanic_NeverGoesDown_UntilAStableWindowAfter()
    {
        var (wanted, memory) = KnativeFormula.Decide(new KnativeInput(Noon, Ten, 3, 20, 50), default);
        Assert.Equal(8, wanted);

        (wanted, memory) = KnativeFormula.Decide(new KnativeInput(Noon.AddSeconds(60), Ten, 8, 20, 7), memory);
        Assert.Equal(8, wanted);

        (wanted, memory) = KnativeFormula.Decide(new KnativeInput(Noon.AddSeconds(61), Ten, 8, 20, 7), memory);
        Assert.Equal(4, wanted);
        Assert.Null(memory.PanicSince);
    }

    [Fact]
    public void Decide_KeepsMinAndMax()
    {
        Assert.Equal(2, KnativeFormula.Decide(new KnativeInput(Noon, Ten with { Min = 2 }, 2, 0, 0), default).Wanted);
        Assert.Equal(4, KnativeFormula.Decide(new KnativeInput(Noon, Ten with { Max = 4 }, 2, 100, 100), default).Wanted);
    }

    [Theory]
    [InlineData(2, 17, 2)] // 17 / 16 is within a tenth
    [InlineData(2, 18, 3)]
    [InlineData(2, 15, 2)]
    [InlineData(2, 8, 1)]
    [InlineData(1, 0, 1)] // to none is the poll's part
    [InlineData(1, 100, 5)] // at most 4 more, or twice as many
    [InlineData(6, 100, 12)]
    public void Polling_WorkedExamples(int current, double concurrency, int wanted) =>
        Assert.Equal(wanted, PollingFormula.Decide(new ScaleSpec(0, 100, 8, 16), current, concurrency));

    [Fact]
    public void Window_IsNotFull_TheMeanIsOfWhatThereIs()
    {
        var window = new ConcurrencyWindow(60);
        Assert.Equal(0, window.Mean(6));
        window.Add(10);
        window.Add(20);
        Assert.Equal(15, window.Mean(6));
        for (var i = 0; i < 100; i++)
        {
            window.Add(i);
        }

        Assert.Equal((94 + 95 + 96 + 97 + 98 + 99) / 6.0, window.Mean(6));
        Assert.Equal(Enumerable.Range(40, 60).Average(), window.Mean(60));
    }
}
