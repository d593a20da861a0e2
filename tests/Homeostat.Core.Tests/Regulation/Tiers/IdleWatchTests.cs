using Homeostat.Core.Regulation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Regulation.Tiers;
using Homeostat.Core.Runtime;
using Xunit;

namespace Homeostat.Core.Tests.Regulation.Tiers;

public sealed class IdleWatchTests
{
    private static readonly DateTimeOffset Idle = Scene.Now;
    private readonly IdleWatch _watch = new();

    [Theory]
    [InlineData(0, IdleWork.Rests)]
    [InlineData(0.4, IdleWork.Rests)]
    [InlineData(0.6, IdleWork.Works)]
    public void Look_TheSecondTells(double cpuMilliseconds, IdleWork expected)
    {
        Assert.Equal(IdleWork.Watched, Look(10, 100));
        Assert.Equal(expected, Look(20, 100 + cpuMilliseconds));
    }

    [Fact]
    public void Look_TooSoon_TellsNothing()
    {
        Look(10, 100);

        Assert.Equal(IdleWork.Watched, Look(17, 105));
    }

    [Fact]
    public void Look_AnotherPause_BeginsAnew()
    {
        Look(10, 100);
        Look(20, 100);

        Assert.Equal(IdleWork.Watched, _watch.Look(Idle.AddMilliseconds(60), Idle.AddMilliseconds(50), TimeSpan.FromMilliseconds(140)));
    }

    [Fact]
    public void Look_CannotBeSeen_IsUnknown() => Assert.Equal(IdleWork.Unknown, _watch.Look(Idle, Idle, null));

    [Theory]
    [InlineData(IdleWork.Works, 0)]
    [InlineData(IdleWork.Watched, 0)]
    [InlineData(IdleWork.Rests, 1)]
    [InlineData(IdleWork.Unknown, 1)]
    public void SoonerThanDeclared_IsFrozenOnlyIfItRests(IdleWork work, int frozen) => Assert.Equal(frozen, Frozen(1, work));

    [Fact]
    public void AfterTheDeclaredTime_IsFrozenWhateverItDoes() => Assert.Equal(1, Frozen(10.1, IdleWork.Works));

    private static int Frozen(double idle, IdleWork work)
    {
        var scene = new Scene { Load = new ServiceLoad { Peak = 1, Ladder = new LadderTimes(TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)) } };
        var plan = scene.With("i", Tier.Running, idle: idle).AtIdle("i", work).Step();
        Assert.NotNull(plan.LookAgainAt);
        return plan.Commands.OfType<RegulatorCommand.Sleep>().Count();
    }

    private IdleWork Look(double milliseconds, double cpuMilliseconds) => _watch.Look(Idle.AddMilliseconds(milliseconds), Idle, TimeSpan.FromMilliseconds(cpuMilliseconds));
}
