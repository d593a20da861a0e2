using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Testing.Conformance;

public abstract partial class RuntimeDriverConformance
{
    [Fact]
    public async Task Template_ClonedTwice_GivesIndependentInstances()
    {
        Assert.SkipUnless(Driver.Capabilities.Clones, "no clones on this host");
        var revision = await PreparedAsync(change: CloneableSpec);

        var status = await Driver.MakeTemplateAsync(revision.Id, anew: false, default);
        Assert.True(status is { Template: TemplateState.Ready, ClonesAllowed: true, Checkpointable: true, TemplateBytes: > 0 }, status.ToString());
        Assert.Empty(await Driver.ListAsync(default));

        var (first, second) = (NewId(), NewId());
        foreach (var id in (InstanceId[])[first, second])
        {
            var outcome = await Driver.StartAsync(id, revision.Id, StartWay.Clone, Specs.Limits, Next(), default);
            Assert.True(outcome.Failure is null, outcome.Failure?.ToString());
            Assert.Equal(WakeWay.Restored, outcome.Ready!.Way);
        }

        Assert.Contains("count 1", await GetAsync(first));
        Assert.Contains("count 2", await GetAsync(first));
        Assert.Contains("count 1", await GetAsync(second));
        Assert.Equal(2, (await Driver.ListAsync(default)).Select(instance => instance.Endpoint).Distinct().Count());
        Assert.Equal(TemplateState.Ready, (await Driver.MakeTemplateAsync(revision.Id, anew: false, default)).Template);
    }

    [Fact]
    public async Task Clone_GoesDownTheLadderAndBack()
    {
        Assert.SkipUnless(Driver.Capabilities.Clones, "no clones on this host");
        var revision = await PreparedAsync(change: CloneableSpec);
        await Driver.MakeTemplateAsync(revision.Id, anew: false, default);
        var id = NewId();
        Assert.Null((await Driver.StartAsync(id, revision.Id, StartWay.Clone, Specs.Limits, Next(), default)).Failure);
        Assert.Contains("count 1", await GetAsync(id));

        Assert.Null(await SleepAsync(id, Tier.Frozen));
        Assert.Null(await SleepAsync(id, Tier.Image));
        Assert.Equal(WakeWay.Restored, (await WokenAsync(id)).Way);

        Assert.Contains("count 2", await GetAsync(id));
    }

    [Fact]
    public async Task Spare_IsParkedTakenAndReplaced()
    {
        Assert.SkipUnless(Driver.Capabilities.Clones, "no clones on this host");
        var revision = await PreparedAsync(change: spec => CloneableSpec(spec) with { Checkpoint = CloneableSpec(spec).Checkpoint with { Spares = 1 } });
        await Driver.MakeTemplateAsync(revision.Id, anew: false, default);
        for (var round = 0; round < 2; round++)
        {
            await SparedAsync(revision.Id);
            var id = NewId();
            var outcome = await Driver.StartAsync(id, revision.Id, StartWay.Spare, Specs.Limits, Next(), default);
            Assert.True(outcome.Failure is null, outcome.Failure?.ToString());
            Assert.Contains("count 1", await GetAsync(id));
        }
    }

    [Theory]
    [InlineData(StartWay.Clone)]
    [InlineData(StartWay.Spare)]
    public async Task Clone_WithoutTemplate_IsNoImage(StartWay way)
    {
        var revision = await PreparedAsync();
        Assert.Equal(FailureKind.NoImage, (await Driver.StartAsync(NewId(), revision.Id, way, Specs.Limits, Next(), default)).Failure!.Kind);
        Assert.Empty(await Driver.ListAsync(default));
    }

    [Fact]
    public async Task Clone_WhenTheOwnerSaysNo_IsNoImage()
    {
        Assert.SkipUnless(Driver.Capabilities.Clones, "no clones on this host");
        var revision = await PreparedAsync(change: spec => spec with { Checkpoint = spec.Checkpoint with { Clones = ClonePolicy.No } });
        var status = await Driver.MakeTemplateAsync(revision.Id, anew: false, default);
        Assert.True(status is { Template: TemplateState.Ready, ClonesAllowed: false, Checkpointable: true }, status.ToString());
        Assert.Equal(FailureKind.NoImage, (await Driver.StartAsync(NewId(), revision.Id, StartWay.Clone, Specs.Limits, Next(), default)).Failure!.Kind);
    }

    [Fact]
    public async Task Template_OfAProgramThatEnds_IsRefusedWithTheReason()
    {
        Assert.SkipUnless(Driver.Capabilities.Checkpoint, "no process images on this host");
        var revision = await PreparedAsync(ConformanceProgram.ExitsAtOnce);
        var status = await Driver.MakeTemplateAsync(revision.Id, anew: false, default);
        Assert.Equal((TemplateState.Refused, false), (status.Template, status.Checkpointable));
        Assert.True(status.Reason!.Kind == FailureKind.ProgramExited, status.Reason.ToString());
    }

    [Fact]
    public async Task Template_OnTheSameData_IsKept()
    {
        Assert.SkipUnless(Driver.Capabilities.Clones, "no clones on this host");
        var revision = await PreparedAsync(change: CloneableSpec);
        await Driver.MakeTemplateAsync(revision.Id, anew: false, default);
        var id = NewId();
        Assert.Null((await Driver.StartAsync(id, revision.Id, StartWay.Clone, Specs.Limits, Next(), default)).Failure);

        await ReopenAsync();
        Assert.Null(await Driver.PrepareAsync(revision, default));
        Assert.Contains("count 1", await GetAsync(id));
        Assert.Equal(TemplateState.Ready, (await Driver.MakeTemplateAsync(revision.Id, anew: false, default)).Template);
        var again = NewId();
        Assert.Null((await Driver.StartAsync(again, revision.Id, StartWay.Clone, Specs.Limits, Next(), default)).Failure);
        Assert.Contains("count 1", await GetAsync(again));
    }

    [Fact]
    public async Task Forget_GivesTheTemplateBack()
    {
        Assert.SkipUnless(Driver.Capabilities.Clones, "no clones on this host");
        var revision = await PreparedAsync(change: CloneableSpec);
        await Driver.MakeTemplateAsync(revision.Id, anew: false, default);
        await Driver.ForgetAsync(revision.Id, default);
        Assert.Null(Driver.Describe(revision.Id));
        Assert.Null(await Driver.PrepareAsync(revision, default));
        Assert.Equal(TemplateState.None, Driver.Describe(revision.Id)!.Template);
    }

    private static ServiceSpec CloneableSpec(ServiceSpec spec) => spec with { Checkpoint = spec.Checkpoint with { Clones = ClonePolicy.Yes } };

    /// <summary>Waits for a parked spare: hints say when to look, the status tells.</summary>
    private async Task SparedAsync(RevisionId revision)
    {
        using var limit = new CancellationTokenSource(Waiting.Deadline, TimeProvider.System);
        await using var hints = Driver.WatchAsync(limit.Token).GetAsyncEnumerator(limit.Token);
        var next = hints.MoveNextAsync();
        while (Driver.Describe(revision)!.Spares == 0)
        {
            Assert.True(await next);
            next = hints.MoveNextAsync();
        }

        await limit.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }
}
