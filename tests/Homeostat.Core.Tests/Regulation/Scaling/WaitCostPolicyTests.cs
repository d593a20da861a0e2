using Homeostat.Core.Regulation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Core.Tests.Regulation.Scaling;

/// <summary>Target 8, limit 16, a restore takes 10 ms, as in the policy's worked examples.</summary>
public sealed class WaitCostPolicyTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(12, 1, 1)]
    [InlineData(12, 100, 2)]
    [InlineData(8, 10_000, 0)]
    public void Decide_BeyondTheTarget_AddsOneOnlyIfWaitingIsDearerThanAStart(int inFlight, double service, int wanted) =>
        Assert.Equal(wanted, Decide(open: 1, inFlight, waiting: 0, service).Wanted);

    [Theory]
    [InlineData(null, 1)]
    [InlineData(0.1, 2)]
    [InlineData(50.0, 125)]
    public void Decide_ManyWaitForASleepingService_StartsAsManyAsServeThemWithinAStart(double? service, int wanted) =>
        Assert.Equal(wanted, Decide(open: 0, 0, waiting: 1000, service).Wanted);

    [Fact]
    public void Decide_NothingMeasured_HavingWaitedIsTheSign()
    {
        Assert.Equal(1, Decide(open: 1, 16, waiting: 20, null, waited: 9).Wanted);
        Assert.Equal(5, Decide(open: 1, 16, waiting: 20, null, waited: 11).Wanted);
    }

    [Fact]
    public void Decide_MeasuredIsOutOfDate_HavingWaitedCounts()
    {
        Assert.Equal(1, Decide(open: 1, 16, waiting: 4, 1, waited: 39).Wanted);
        Assert.Equal(3, Decide(open: 1, 16, waiting: 4, 1, waited: 41).Wanted);
    }

    [Fact]
    public void Decide_JustRaised_WaitsForTheEffectFirst()
    {
        var input = Input(1, 16, 20, 100) with { RaisedAt = Now.AddMilliseconds(-5) };
        var answer = new WaitCostPolicy().Decide(input);

        Assert.Equal(1, answer.Wanted);
        Assert.Equal(Now.AddMilliseconds(15), answer.LookAgainAt);
    }

    [Fact]
    public void Decide_ThoseThatComeCount() =>
        Assert.Equal(2, new WaitCostPolicy().Decide(Input(1, 12, 0, 100) with { Coming = 1 }).Wanted);

    private static ScaleAnswer Decide(int open, int inFlight, int waiting, double? service, double waited = 0) =>
        new WaitCostPolicy().Decide(Input(open, inFlight, waiting, service) with { SaturatedSince = Now.AddMilliseconds(-waited) });

    private static ScaleInput Input(int open, int inFlight, int waiting, double? service) => new(
        Now, new ScaleSpec(), open, 0, inFlight, waiting, null, service is { } ms ? TimeSpan.FromMilliseconds(ms) : null, TimeSpan.FromMilliseconds(10));
}
