using Homeostat.Core.Regulation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Core.Tests.Regulation.Scaling;

/// <summary>Up before out, and back when calm. Declared: half a core, two at most; 256 MiB, 512 at most.</summary>
public sealed class ResizeTests
{
    private const long Mi = 1 << 20;
    private static readonly InstanceUsage Calm = new(0.1, 0, 50 * Mi, false);
    private readonly Scene _scene = new() { Spec = Specs.Service() with { Resources = new ResourceSpec(0.5, 256 * Mi, 2, 512 * Mi) } };

    [Fact]
    public void Throttled_IsRaisedAtOnce()
    {
        _scene.With("i", Tier.Running, inFlight: 1).Limited("i", 0.5, new InstanceUsage(0.5, 0.6, 50 * Mi, false));

        Assert.Equal(new ResourceLimits(2, 256 * Mi), Resized());
    }

    [Fact]
    public void OverTheTarget_IsRaised_BeforeAnotherOneIsStarted()
    {
        _scene.Load = new ServiceLoad { ServiceTime = TimeSpan.FromMilliseconds(100), Peak = 16, Starts = new(null, TimeSpan.FromMilliseconds(10), null) };
        _scene.With("i", Tier.Running, inFlight: 16).Limited("i", 0.5);
        var plan = _scene.Step();

        Assert.IsType<RegulatorCommand.Resize>(Assert.Single(plan.Commands));
        Assert.NotNull(plan.LookAgainAt);

        // It did not help: now one more.
        _scene.Memory = plan.Memory with { RaisedAt = Scene.Now.AddMilliseconds(-21) };
        _scene.Limited("i", 2, new InstanceUsage(2, 0.9, 50 * Mi, false));
        Assert.IsType<RegulatorCommand.Start>(Assert.Single(_scene.Step().Commands));
    }

    [Fact]
    public void MemoryTight_IsRaised() =>
        Assert.Equal(new ResourceLimits(0.5, 512 * Mi), Resized(_scene.With("i", Tier.Running).Limited("i", 0.5, Calm with { MemoryBytes = 250 * Mi, MemoryTight = true })));

    [Fact]
    public void CalmForASecond_IsLowered() =>
        Assert.Equal(new ResourceLimits(0.5, 256 * Mi), Resized(_scene.With("i", Tier.Running, ready: 1.1).Limited("i", 2, Calm)));

    [Theory]
    [InlineData(0.9, 0.1)]
    [InlineData(1.1, 0.4)]
    public void NotCalmForLong_OrUsingMoreThanFitsBelow_StaysRaised(double ready, double cores)
    {
        _scene.With("i", Tier.Running, ready: ready).Limited("i", 2, Calm with { CpuCores = cores });

        Assert.Empty(_scene.Step().Commands);
    }

    [Fact]
    public void GrantShared_IsRaisedToItsShare_AndSaysByWhat()
    {
        _scene.Capacity = new CapacityGrant(1.2, long.MaxValue, 10, "the host's 2 cores, shared by 2 tenants");
        _scene.With("i", Tier.Running, inFlight: 1).Limited("i", 0.5, Calm with { Throttled = 1 });
        var plan = _scene.Step();

        Assert.Equal(1.2, Assert.IsType<RegulatorCommand.Resize>(plan.Commands[0]).To.Cpu);
        Assert.Contains("capped from 2 by the host's 2 cores, shared by 2 tenants", plan.Decisions[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void GrantShrank_GivesBack()
    {
        _scene.Capacity = new CapacityGrant(1.2, long.MaxValue, 10, "the host's 2 cores, shared by 2 tenants");
        _scene.With("i", Tier.Running, inFlight: 1).Limited("i", 2, Calm with { Throttled = 1 });

        var plan = _scene.Step();
        Assert.Equal(1.2, Assert.IsType<RegulatorCommand.Resize>(plan.Commands[0]).To.Cpu);
        // Not calm: it is taken from a busy one.
        Assert.Equal("share", plan.Decisions[0].Trigger);
    }

    [Fact]
    public void QuotaUsedUp_NobodyIsStarted_AndWhoWaitsIsTold()
    {
        var scene = new Scene { Waiting = 1, Capacity = CapacityGrant.Unbounded with { QuotaInstances = 0, QuotaBy = "tenant acme's quota of 3 instances" } };
        var plan = scene.Step();

        Assert.Empty(plan.Commands);
        Assert.Equal("tenant acme's quota of 3 instances is used up", plan.Verdict!.Why.Message);
        scene.Wish = new Wish(7, WishKind.Wake);
        Assert.Equal(FailureKind.QuotaReached, scene.Step().WishAnswer!.Why!.Kind);
    }

    [Fact]
    public void NoMemoryFree_OneIsStartedAllTheSame() =>
        Assert.Single(new Scene { Waiting = 1, Capacity = CapacityGrant.Unbounded with { Instances = 0 } }.Step().Commands);

    [Fact]
    public void WriteFailed_IsTriedAgainLater()
    {
        _scene.Results.Add(new(new RegulatorCommand.Resize(new("i"), new(2, 256 * Mi)), new Failure(FailureKind.Environment, "EIO")));
        _scene.With("i", Tier.Running, inFlight: 1).Limited("i", 0.5, Calm with { Throttled = 1 });
        var plan = _scene.Step();

        Assert.Empty(plan.Commands);
        Assert.True(plan.Memory.Resizes.Holds(Scene.Now));
        Assert.Contains(plan.Decisions, d => d.Reason.Contains("EIO", StringComparison.Ordinal));
    }

    [Fact]
    public void StartedCold_BeginsWithTheMost_AClone_WithTheBase()
    {
        var cold = new Scene { Spec = _scene.Spec, Waiting = 1, Host = HostAbilities.All with { Checkpoint = false } };

        Assert.Equal(2, Assert.IsType<RegulatorCommand.Start>(Assert.Single(cold.Step().Commands)).Limits.Cpu);
        Assert.Equal(0.5, Assert.IsType<RegulatorCommand.Start>(Assert.Single(new Scene { Spec = _scene.Spec, Waiting = 1 }.Step().Commands)).Limits.Cpu);
    }

    [Fact]
    public void Reserve_IsWhatTheLoadDoesNotNeed_AndGoesDownEarly()
    {
        _scene.Load = new ServiceLoad { Peak = 3, Ladder = new(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5)) };
        _scene.With("a", Tier.Running, inFlight: 3).With("b", Tier.Running, idle: 0.6);
        var plan = _scene.Step();

        Assert.Equal([new InstanceId("b")], plan.Reserve);
        Assert.Equal(new RegulatorCommand.Sleep(new("b"), Tier.Frozen), Assert.Single(plan.Commands));
    }

    private ResourceLimits Resized(Scene? scene = null) => Assert.Single((scene ?? _scene).Step().Commands.OfType<RegulatorCommand.Resize>()).To;
}
