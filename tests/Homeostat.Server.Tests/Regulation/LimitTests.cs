using Homeostat.Core.Regulation.Capacity;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Fake;
using Homeostat.Server.Events;
using Homeostat.Server.Forwarding.Contract;
using Homeostat.Server.Regulation;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Regulation;

/// <summary>Limits that change in place, from the counters of an instance to its control group.</summary>
public sealed class LimitTests
{
    private static readonly ResourceSpec Raisable = new(0.5, 256 << 20, 2);

    [Fact]
    public async Task AProgramAtItsLimit_IsRaised_AndGivesItBackWhenCalm()
    {
        await using var scene = await BoardScene.AppliedAsync(Of("blog"));
        var admission = await scene.RequestAsync();
        var id = admission.Instance!.Id;
        Assert.Equal(0.5, await CpuAsync(scene.Board, "blog", cpu => cpu == 0.5));

        scene.Host.Load(id, 1);
        Assert.Equal(2, await CpuAsync(scene.Board, "blog", cpu => cpu == 2));

        scene.Host.Load(id, 0);
        scene.Blog.Return(admission.Instance, SlotOutcome.Completed);
        Assert.Equal(0.5, await CpuAsync(scene.Board, "blog", cpu => cpu == 0.5));
    }

    [Fact]
    public async Task TwoTenantsAtTheirLimits_ShareTheHost()
    {
        await using var host = new FakeHost();
        await using var driver = new FakeRuntimeDriver(host, FakeOptions.Instant, TimeProvider.System);
        var capacity = new HostCapacity(new CapacityBounds(2, 8L << 30, []), () => 8L << 30, TimeProvider.System);
        var (events, generation) = (new EventWaiter<PlatformEvent>("events"), 0L);
        await using var board = new ServiceBoard(
            driver, TimeProvider.System, () => new(Interlocked.Increment(ref generation)), events.Add, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, capacity);
        await board.StartAsync([], default);
        foreach (var (name, tenant) in new[] { ("blog", "acme"), ("shop", "bees") })
        {
            Assert.Null(await board.ApplyAsync(Specs.Revision(Of(name) with { Tenant = new(tenant) }), default));
        }

        var blog = await board.Lookup("blog.localhost", "/")!.EnterAsync(0, "GET /", default).Within("blog");
        host.Load(blog.Instance!.Id, 2);
        Assert.Equal(2, await CpuAsync(board, "blog", cpu => cpu == 2));

        var shop = await board.Lookup("shop.localhost", "/")!.EnterAsync(0, "GET /", default).Within("shop");
        host.Load(shop.Instance!.Id, 2);

        Assert.Equal(1, await CpuAsync(board, "shop", cpu => cpu == 1));
        Assert.Equal(1, await CpuAsync(board, "blog", cpu => cpu == 1));
        Assert.Equal(2, capacity.Held.CpuCores);
    }

    /// <summary>The limit of a service's only instance, once it is as wanted.</summary>
    private static async Task<double?> CpuAsync(ServiceBoard board, string service, Func<double?, bool> isSo)
    {
        double? cpu = null;
        await Waiting.Until(
            () =>
            {
                cpu = board.View(new ServiceName(service))!.Instances.SingleOrDefault()?.Observed.Limits?.Cpu;
                return Task.FromResult(isSo(cpu));
            },
            $"the limit of {service} changes");
        return cpu;
    }

    private static ServiceSpec Of(string name) => Specs.Service(name) with { Resources = Raisable, Scale = new ScaleSpec(Max: 1) };
}
