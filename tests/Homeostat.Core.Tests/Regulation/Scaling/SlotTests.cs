using Homeostat.Core.Regulation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Runtime;
using Xunit;

namespace Homeostat.Core.Tests.Regulation.Scaling;

/// <summary>One sleeping slot ahead where clones are refused. Target 8.</summary>
public sealed class SlotTests
{
    private readonly Scene _scene = new()
    {
        Load = new ServiceLoad { Peak = 5, ServiceTime = TimeSpan.FromMilliseconds(5), Starts = new(null, TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(1)) },
    };

    public SlotTests() => _scene.Status = _scene.Status with { ClonesAllowed = false };

    [Fact]
    public void HalfFull_StartsOneCold_AndSaysWhy()
    {
        var plan = _scene.With("a", Tier.Running, inFlight: 5).Step();

        Assert.Equal(StartWay.Cold, Assert.IsType<RegulatorCommand.Start>(Assert.Single(plan.Commands)).Way);
        Assert.Equal("slot", plan.Decisions[0].Trigger);
    }

    [Theory]
    [InlineData(Tier.Image)]
    [InlineData(Tier.Frozen)]
    [InlineData(Tier.Running)]
    public void OneIsThere_NothingMore(Tier tier) => Assert.Empty(_scene.With("a", Tier.Running, inFlight: 5).With("b", tier).Step().Commands);

    [Fact]
    public void LessThanHalfFull_Nothing()
    {
        _scene.Load = _scene.Load with { Peak = 4 };

        Assert.Empty(_scene.With("a", Tier.Running, inFlight: 4).Step().Commands);
    }

    [Fact]
    public void ClonesAllowed_Nothing()
    {
        _scene.Status = _scene.Status with { ClonesAllowed = true };

        Assert.Empty(_scene.With("a", Tier.Running, inFlight: 5).Step().Commands);
    }

    [Fact]
    public void CannotBeDumped_Nothing()
    {
        _scene.Status = _scene.Status with { Template = TemplateState.Refused, Checkpointable = false };

        Assert.Empty(_scene.With("a", Tier.Running, inFlight: 5).Step().Commands);
    }
}
