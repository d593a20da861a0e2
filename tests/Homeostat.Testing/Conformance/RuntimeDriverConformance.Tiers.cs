using System.Net.Sockets;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Testing.Conformance;

public abstract partial class RuntimeDriverConformance
{
    [Fact]
    public async Task Freeze_AndWake_KeepMemoryAndPid()
    {
        Assert.SkipUnless(Driver.Capabilities.Freeze, "no freezer on this host");
        var id = await StartedAsync(await PreparedAsync());
        Assert.Contains("count 1", await GetAsync(id));
        var before = await SeenAsync(id);

        Assert.Null(await SleepAsync(id, Tier.Frozen));
        Assert.Null(await SleepAsync(id, Tier.Frozen));
        Assert.Equal(Tier.Frozen, (await SeenAsync(id)).Tier);
        Assert.Equal(WakeWay.Frozen, (await WokenAsync(id)).Way);
        Assert.Equal(WakeWay.Running, (await WokenAsync(id)).Way);

        Assert.Contains("count 2", await GetAsync(id));
        Assert.Equal(before.Pid, (await SeenAsync(id)).Pid);
    }

    [Fact]
    public async Task Frozen_RequestIsAnsweredAfterTheWake()
    {
        Assert.SkipUnless(Driver.Capabilities.Freeze, "no freezer on this host");
        var id = await StartedAsync(await PreparedAsync());
        Assert.Null(await SleepAsync(id, Tier.Frozen));

        var answer = GetAsync(id);
        await WokenAsync(id);

        Assert.Contains("count 1", await answer.Within("the answer"));
    }

    [Fact]
    public async Task PageOut_AndWake_KeepMemory()
    {
        Assert.SkipUnless(Driver.Capabilities.PageOut, "nowhere to page out to on this host");
        var id = await StartedAsync(await PreparedAsync());
        Assert.Contains("count 1", await GetAsync(id));

        Assert.Null(await SleepAsync(id, Tier.PagedOut));
        Assert.Equal(Tier.PagedOut, (await SeenAsync(id)).Tier);
        Assert.Equal(WakeWay.Frozen, (await WokenAsync(id)).Way);

        Assert.Contains("count 2", await GetAsync(id));
    }

    [Theory]
    [InlineData(Tier.Running)]
    [InlineData(Tier.Frozen)]
    public async Task Image_AndWake_KeepMemory_ManyTimes(Tier from)
    {
        Assert.SkipUnless(Driver.Capabilities.Checkpoint, "no process images on this host");
        var id = await StartedAsync(await PreparedAsync());
        Assert.Contains("count 1", await GetAsync(id));
        for (var round = 2; round <= 4; round++)
        {
            if (from == Tier.Frozen)
            {
                Assert.Null(await SleepAsync(id, Tier.Frozen));
            }

            Assert.Null(await SleepAsync(id, Tier.Image));
            var asleep = await SeenAsync(id);
            Assert.Equal((Tier.Image, null, null), (asleep.Tier, asleep.Pid, asleep.Endpoint));
            Assert.True(asleep.ImageBytes > 0);
            await Assert.ThrowsAsync<SocketException>(async () => await Driver.ConnectAsync(id, default));

            Assert.Equal(WakeWay.Restored, (await WokenAsync(id)).Way);
            Assert.Contains($"count {round}", await GetAsync(id));
        }
    }

    [Fact]
    public async Task Image_Stopped_LeavesNothing()
    {
        Assert.SkipUnless(Driver.Capabilities.Checkpoint, "no process images on this host");
        var id = await StartedAsync(await PreparedAsync());
        Assert.Null(await SleepAsync(id, Tier.Image));
        await Driver.StopAsync(id, TimeSpan.FromSeconds(2), Next(), default);
        Assert.Empty(await Driver.ListAsync(default));
    }

    [Fact]
    public async Task Image_WithCheckpointOff_IsNotSupported()
    {
        var id = await StartedAsync(await PreparedAsync(change: spec => spec with { Checkpoint = spec.Checkpoint with { Mode = CheckpointMode.Off } }));
        Assert.Equal(FailureKind.NotSupported, (await SleepAsync(id, Tier.Image))!.Kind);
        Assert.Contains("count 1", await GetAsync(id));
    }

    [Fact]
    public async Task Sleep_UpTheLadder_IsRefused()
    {
        Assert.SkipUnless(Driver.Capabilities.Freeze, "no freezer on this host");
        var id = await StartedAsync(await PreparedAsync());
        Assert.Null(await SleepAsync(id, Tier.Frozen));
        Assert.Equal(FailureKind.NotFound, (await SleepAsync(id, Tier.Running))!.Kind);
        Assert.Equal(Tier.Frozen, (await SeenAsync(id)).Tier);
    }

    [Fact]
    public async Task SleepOrWake_OfUnknown_IsNotFound()
    {
        Assert.Equal(FailureKind.NotFound, (await SleepAsync(new("nobody"), Tier.Frozen))!.Kind);
        Assert.Equal(FailureKind.NotFound, (await Driver.WakeAsync(new("nobody"), Specs.Limits, Next(), default)).Failure!.Kind);
    }

    [Fact]
    public async Task NewDriver_OnTheSameData_FindsEveryTier()
    {
        Assert.SkipUnless(Driver.Capabilities is { Freeze: true, Checkpoint: true }, "no freezer or no process images on this host");
        var revision = await PreparedAsync();
        var (running, frozen, imaged) = (await StartedAsync(revision), await StartedAsync(revision), await StartedAsync(revision));
        foreach (var id in (InstanceId[])[running, frozen, imaged])
        {
            Assert.Contains("count 1", await GetAsync(id));
        }

        Assert.Null(await SleepAsync(frozen, Tier.Frozen));
        Assert.Null(await SleepAsync(imaged, Tier.Image));

        await ReopenAsync();

        Assert.Equal(
            [(running, Tier.Running), (frozen, Tier.Frozen), (imaged, Tier.Image)],
            (await Driver.ListAsync(default)).Select(instance => (instance.Id, instance.Tier)));
        Assert.Null(await Driver.PrepareAsync(revision, default));
        Assert.Equal(WakeWay.Frozen, (await WokenAsync(frozen)).Way);
        Assert.Equal(WakeWay.Restored, (await WokenAsync(imaged)).Way);
        foreach (var id in (InstanceId[])[running, frozen, imaged])
        {
            Assert.Contains("count 2", await GetAsync(id));
        }
    }
}
