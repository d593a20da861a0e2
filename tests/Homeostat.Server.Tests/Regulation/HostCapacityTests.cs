using Homeostat.Core.Regulation.Capacity;
using Homeostat.Core.Services;
using Homeostat.Server.Regulation;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Regulation;

public sealed class HostCapacityTests
{
    private const long MiB = 1 << 20;

    private readonly VirtualClock _clock = new();
    private long _available = 1000 * MiB;

    [Fact]
    public void Grant_OfNewInstances_IsWhatFitsIntoTheMemoryThatIsFree()
    {
        var capacity = Capacity();
        var (blog, shop) = (Specs.Service("blog"), Specs.Service("shop"));

        Assert.Equal(3, capacity.Grant(blog).Instances);
        capacity.Ask(blog, new(0, 0, 256 * MiB, 256 * MiB, 1));
        Assert.Equal((3, 2), (capacity.Grant(blog).Instances, capacity.Grant(shop).Instances));
        Assert.Equal("the memory that the host has free (1000Mi, an instance may need 256Mi)", capacity.Grant(shop).InstancesBy);

        // It was started and uses a little of what it may: there is more room than its declaration says.
        _available = 980 * MiB;
        _clock.Advance(2 * HostCapacity.LookEvery);
        Assert.Equal((4, 3), (capacity.Grant(blog).Instances, capacity.Grant(shop).Instances));

        _available = 100 * MiB;
        _clock.Advance(2 * HostCapacity.LookEvery);
        Assert.Equal((1, 0), (capacity.Grant(blog).Instances, capacity.Grant(shop).Instances));
    }

    [Fact]
    public void Ask_NamesWhomToStep()
    {
        var capacity = Capacity();
        var resources = new ResourceSpec(0.5, 256 * MiB, 2);
        var (blog, shop) = (Specs.Service("blog") with { Resources = resources }, Specs.Service("shop") with { Resources = resources });
        capacity.Ask(blog, new(2, 2, 256 * MiB, 256 * MiB, 1));

        Assert.Equal([blog.Service], capacity.Ask(shop, new(0.5, 2, 256 * MiB, 256 * MiB, 1)));

        // A base comes before a burst, which is given back in the next step.
        Assert.Equal((2.5, 512 * MiB), capacity.Held);
        Assert.Equal(1, capacity.Grant(blog).CpuCores);
        Assert.Equal(0.5, capacity.Grant(shop).CpuCores);
    }

    private HostCapacity Capacity() => new(new CapacityBounds(2, 4096 * MiB, []), () => _available, _clock);
}
