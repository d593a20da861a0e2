using Homeostat.Core.Explanation;
using Homeostat.Core.Regulation;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Server.Api;
using Homeostat.Server.Events;
using Homeostat.Server.Tests.Regulation;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Api;

public sealed class LogFollowerTests
{
    private static readonly ServiceName Blog = new("blog");

    [Fact]
    public async Task Follow_AnInstanceThatTheDriverDoesNotKnowYet_ShowsItsLinesOnceItDoes()
    {
        await using var scene = await BoardScene.AppliedAsync();
        var id = new InstanceId("blog-late");
        var events = new EventLog(TimeProvider.System, "test");
        var looked = new EventWaiter<ServiceSnapshot>("looks");
        var seen = new EventWaiter<LogLine>("lines");
        using var stop = new CancellationTokenSource();
        var following = FollowAsync();
        await looked.WaitForAsync("the first look", _ => true);
        // Nothing of it yet: the service lists it while the driver is being told.
        events.Add(new PlatformEvent("decision.made", Blog, id, "start"));
        await looked.WaitForAsync("a look before the start", _ => looked.Seen.Count > 1);

        Assert.NotNull((await scene.Driver.StartAsync(id, Specs.Revision().Id, StartWay.Cold, Specs.Limits, new Generation(1_000_000), default)).Ready);
        events.Add(new PlatformEvent("instance.ready", Blog, id, "cold"));

        Assert.Equal(id, (await seen.WaitForAsync("a line", _ => true)).Instance);
        await stop.CancelAsync();
        await following;

        ServiceSnapshot? View(ServiceName service)
        {
            var view = scene.View;
            var listed = new ObservedInstance(id, Specs.Revision().Id, Tier.Starting, null, null, DateTimeOffset.UtcNow, TimeSpan.Zero, 0);
            var snapshot = view with { Instances = [new InstanceSnapshot(new InstanceView(id, listed.Revision, Tier.Starting, 0, DateTimeOffset.UtcNow, null, null, null, null), listed)] };
            looked.Add(snapshot);
            return snapshot;
        }

        async Task FollowAsync()
        {
            try
            {
                await foreach (var line in new LogFollower(scene.Driver, events, View, Blog, only: null, tail: 10).ReadAsync(follow: true, stop.Token))
                {
                    seen.Add(line);
                }
            }
            catch (OperationCanceledException)
            {
                // The test has seen enough.
            }
        }
    }
}
