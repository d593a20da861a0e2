using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Regulation.Tiers;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Core.Tests.Regulation.Tiers;

public sealed class LadderTimesTests
{
    private static readonly IdleSpec Declared = new();
    private static readonly StartTimes Starts = new(TimeSpan.FromMilliseconds(0.3), TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1));

    [Fact]
    public void Learn_TooFewPauses_LeavesTheDeclaredTimes() => Assert.Null(LadderTimes.Learn(Pauses(LadderTimes.PausesMin - 1, 0.05), Declared, Starts));

    [Fact]
    public void Learn_CheapThaw_FreezesInShortPauses_ButNotBelowTheFloor()
    {
        var learned = LadderTimes.Learn(Pauses(100, 0.05), Declared, Starts with { Frozen = TimeSpan.FromMilliseconds(0.8) })!;

        Assert.InRange(learned.Freeze, Declared.Freeze * LadderTimes.FreezeFloor, TimeSpan.FromMilliseconds(20));
    }

    [Fact]
    public void Learn_DearThaw_StaysAwakeThroughShortPauses()
    {
        var learned = LadderTimes.Learn(Pauses(100, 0.05), Declared, Starts with { Frozen = TimeSpan.FromMilliseconds(3) })!;

        Assert.InRange(learned.Freeze, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(100));
    }

    /// <summary>Else a service whose pauses are all below the declared time is never frozen, and how long its thaw takes is never measured.</summary>
    [Fact]
    public void Learn_NoThawMeasuredYet_TakesTheUsualOne() =>
        Assert.InRange(LadderTimes.Learn(Pauses(100, 1), Declared, StartTimes.Unknown)!.Freeze, TimeSpan.Zero, TimeSpan.FromMilliseconds(20));

    [Theory]
    [InlineData(0.8, 0.013)]
    [InlineData(2, 0.1)]
    [InlineData(6.4, 2.7)]
    [InlineData(15, 15)]
    [InlineData(1000, 1000)]
    public void Price_WorkedExamples(double milliseconds, double seconds) =>
        Assert.Equal(seconds, LadderTimes.Price(TimeSpan.FromMilliseconds(milliseconds)), seconds * 0.02);

    [Fact]
    public void Learn_PausesJustBelowTheDeclaredTime_KeepsThrough_WhereAWakeIsDear()
    {
        var dear = Starts with { Restored = TimeSpan.FromSeconds(1) };
        var learned = LadderTimes.Learn(Pauses(100, 200), Declared, dear)!;

        Assert.InRange(learned.Image, TimeSpan.FromSeconds(200), Declared.Image);
    }

    [Fact]
    public void Learn_PausesLongerThanAnyKeepingIsWorth_SleepsAtTheFloor() =>
        Assert.InRange(LadderTimes.Learn(Pauses(100, 3600), Declared, Starts)!.Image, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(91));

    [Fact]
    public void Law_LearnedTimes_AreWithinTheDeclaredOnes_AndInOrder()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var run = 0; run < 2000; run++)
        {
            var pauses = new IdleHistogram();
            for (var n = random.Next(0, 600); n > 0; n--)
            {
                pauses.Add(TimeSpan.FromSeconds(Math.Pow(10, (random.NextDouble() * 9) - 4)));
            }

            var declared = new IdleSpec(TimeSpan.FromSeconds(random.Next(0, 100)), TimeSpan.FromSeconds(random.Next(1, 1000)), TimeSpan.FromHours(1));
            var starts = new StartTimes(TimeSpan.FromMilliseconds(random.Next(1, 5)), TimeSpan.FromMilliseconds(random.Next(1, 100)), null);
            if (LadderTimes.Learn(pauses, declared, starts) is { } learned)
            {
                Assert.True(learned.Freeze <= declared.Freeze && learned.Image <= declared.Image, $"seed {seed}: {learned}, {declared}");
                Assert.True(learned.Freeze >= declared.Freeze * LadderTimes.FreezeFloor, $"seed {seed}: {learned}, {declared}");
                Assert.True(learned.Image >= learned.Freeze || learned.Image == declared.Image, $"seed {seed}: {learned}, {declared}");
            }
        }
    }

    [Fact]
    public void Histogram_IsBounded_AndForgetsTheOld()
    {
        var pauses = Pauses(100_000, 0.01);
        Assert.True(pauses.Count <= IdleHistogram.Full);

        for (var n = 0; n < 5000; n++)
        {
            pauses.Add(TimeSpan.FromHours(1));
        }

        Assert.Equal(0, pauses[IdleHistogram.BinOf(TimeSpan.FromSeconds(0.01))].Count);
    }

    private static IdleHistogram Pauses(int count, double seconds)
    {
        var pauses = new IdleHistogram();
        for (var n = 0; n < count; n++)
        {
            pauses.Add(TimeSpan.FromSeconds(seconds));
        }

        return pauses;
    }
}
