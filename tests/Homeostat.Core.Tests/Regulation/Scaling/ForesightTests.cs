using Homeostat.Core.Regulation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Core.Tests.Regulation.Scaling;

public sealed class ForesightTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly PredictSpec Last = new(PredictMode.Raise, "last");
    private readonly Foresight _foresight = new();

    [Fact]
    public void Off_SaysNothing_AndKeepsNothing()
    {
        Play(new PredictSpec(PredictMode.Off), 100, _ => 5);

        Assert.Null(_foresight.Ahead(At(100)));
        Assert.Null(_foresight.Model);
        Assert.Null(_foresight.LookAgainAt(At(100)));
    }

    [Fact]
    public void NeverAsked_KeepsNothing()
    {
        Play(Last, 100, _ => 0);

        Assert.Null(_foresight.Model);
    }

    [Theory]
    [InlineData(PredictMode.Raise, true)]
    [InlineData(PredictMode.Shadow, false)]
    public void Steady_IsForeseen_AndRaisesOnlyWhereItMay(PredictMode mode, bool raise)
    {
        Play(Last with { Mode = mode }, 100, _ => 20);
        var ahead = _foresight.Ahead(At(100))!;

        Assert.Equal((20, raise), (ahead.Point, ahead.Raise));
        Assert.True(ahead.Until > At(100));
        Assert.Equal(0, _foresight.Books.WastedSeconds);
    }

    [Fact]
    public void ForecastThatWastes_MayNotRaiseAnyMore()
    {
        // A burst every fourth minute: the margin of the last value holds ten instances for it all the time.
        Play(Last, 300, minute => minute % 4 == 0 ? 80 : 0);

        Assert.True(_foresight.Books.WastedSeconds > 2 * _foresight.Books.UsedSeconds);
        Assert.False(_foresight.Ahead(At(300))!.Raise);
    }

    [Fact]
    public void SilentForLongerThanADay_IsNotLookedAtAnyMore()
    {
        Play(Last, 40, _ => 3);
        Assert.NotNull(_foresight.LookAgainAt(At(40)));
        _foresight.Observe(At(40 + (25 * 60)), 0);
        _foresight.Observe(At(45 + (25 * 60)), 0);

        Assert.Null(_foresight.LookAgainAt(At(45 + (25 * 60))));
    }

    [Theory]
    [InlineData(8, 0)]
    [InlineData(130, 3)]
    [InlineData(700, 5)]
    public void Foreseen_StartsAhead_OnlyWhereTheWaitItSavesIsDearer(double coldMilliseconds, int started)
    {
        var scene = new Scene { Host = HostAbilities.All with { Checkpoint = false } };
        scene.Load = new ServiceLoad
        {
            Starts = new StartTimes(null, null, TimeSpan.FromMilliseconds(coldMilliseconds)),
            Ahead = new DemandForecast(20, 40, Scene.Now.AddMinutes(1), "last", Raise: true),
        };

        var plan = scene.Step();
        Assert.Equal(started, plan.Commands.OfType<RegulatorCommand.Start>().Count());
        Assert.All(plan.Decisions, d => Assert.Equal("forecast", d.Trigger));
    }

    [Theory]
    [InlineData(Tier.Running, 20, true)]
    [InlineData(Tier.Frozen, 4000, false)]
    public void Foreseen_IsKeptAtHand_FrozenAndNoDeeper(Tier tier, double idle, bool frozen)
    {
        var scene = new Scene { Host = HostAbilities.All with { Checkpoint = false } };
        scene.Load = new ServiceLoad
        {
            Starts = new StartTimes(null, null, TimeSpan.FromSeconds(1)),
            Ahead = new DemandForecast(1, 2, Scene.Now.AddMinutes(1), "last", Raise: true),
        };
        var commands = scene.With("a", tier, idle).Step().Commands;

        Assert.Equal(frozen ? [new RegulatorCommand.Sleep(new("a"), Tier.Frozen)] : [], commands);
    }

    private void Play(PredictSpec spec, int minutes, Func<int, int> load)
    {
        _foresight.Use(spec, 8);
        for (var minute = 0; minute < minutes; minute++)
        {
            _foresight.Observe(At(minute), load(minute));
        }

        _foresight.Observe(At(minutes), 0);
    }

    private static DateTimeOffset At(int minute) => Start.AddMinutes(minute);
}
