using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci;
using Homeostat.Drivers.Runtime.Oci.Keeper;
using Homeostat.Drivers.Tests.Runtime.Oci.Keeper;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>criu is killed from outside in the middle of its work: what is lost is said, nothing is leaked, and the next start works.</summary>
public sealed class OciCriuFaultTests : OciTestCase
{
    protected override OciDriverOptions Change(OciDriverOptions options) => options with { PoolCells = 0, ImageMemoryBytes = 1L << 30 };

    [Fact]
    public async Task KilledWhileDumping_TheProgramIsReportedLost_AndTheNextStartServes()
    {
        var id = await LargeAsync();
        await using var hints = new HintListener(Driver);

        var dumping = Driver.SleepAsync(id, Tier.Image, Next(), default);
        await CriuOf.EndAsync(OnlyCell, _ => PagesOf("new.sleep.*") is { Exists: true, Length: > 0 });
        var failure = (await dumping)!;

        Assert.Equal(FailureKind.DumpFailed, failure.Kind);
        Assert.Contains("criu broke off (criu: ended in the middle by signal 9); the program is lost", failure.Message, StringComparison.Ordinal);
        await hints.NextAsync("the hint of the end");
        Assert.Equal(Tier.Stopped, Assert.Single(await Driver.ListAsync(default)).Tier);
        Assert.Empty(Images);
        await Driver.StopAsync(id, TimeSpan.Zero, Next(), default);
        Assert.Contains("ok", await GetAsync(await LargeAsync("two")));
    }

    [Fact]
    public async Task KilledWhileRestoring_TheWakeFailsWithTheReason_AndAColdStartServes()
    {
        var id = await LargeAsync();
        Assert.Null(await Driver.SleepAsync(id, Tier.Image, Next(), default));

        var waking = Driver.WakeAsync(id, Specs.Limits, Next(), default);
        await CriuOf.EndAsync(OnlyCell, CriuOf.Restores);
        var failure = (await waking).Failure!;

        Assert.Equal(FailureKind.RestoreFailed, failure.Kind);
        Assert.Contains("criu broke off (criu: ended in the middle by signal 9)", failure.Message, StringComparison.Ordinal);
        Assert.Contains("starts cold", failure.Remedy, StringComparison.Ordinal);
        Assert.Empty(await Driver.ListAsync(default));
        Assert.Empty(Images);
        Assert.Contains("ok", await GetAsync(await LargeAsync("two")));
    }

    [Fact]
    public async Task KilledWhileItStandsReady_TheInstanceWakesAllTheSame_WithItsMemory()
    {
        Assert.SkipUnless(Driver.Capabilities.Checkpoint, "no process images on this host");
        var id = await StartedAsync(OciPrograms.Python("sleeper"));
        Assert.Contains("count 1", await GetAsync(id));
        Assert.Null(await Driver.SleepAsync(id, Tier.Image, Next(), default));
        await using (var keeper = await KeeperClient.ConnectAsync(OnlyCell, default))
        {
            // Answered once what it was told before is done.
            Assert.Equal("prepared", (await keeper.StatusAsync(default)).State);
        }

        await CriuOf.EndAsync(OnlyCell, () => true);
        await CriuOf.GoneAsync(OnlyCell);

        var woken = await Driver.WakeAsync(id, Specs.Limits, Next(), default);

        Assert.True(woken.Ready?.Way == WakeWay.Restored, woken.Failure?.ToString());
        Assert.Contains("count 2", await GetAsync(id));
    }

    [Fact]
    public async Task KilledWhileATemplateIsMade_ItIsSaid_AndNotHeldAgainstTheProgram()
    {
        Assert.SkipUnless(Driver.Capabilities.Checkpoint, "no process images on this host");
        var revision = Specs.Revision(Large);
        Assert.Null(await Driver.PrepareAsync(revision, default));
        var making = Driver.MakeTemplateAsync(revision.Id, anew: false, default);
        await Keeper.Waiting.UntilAsync(() => Cells.Count == 1, () => "the template's cell");
        await CriuOf.EndAsync(OnlyCell, _ => PagesOf("new.template.*") is { Exists: true, Length: > 0 });

        var status = await making;

        Assert.Equal((TemplateState.None, null), (status.Template, status.Checkpointable));
        Assert.Contains("criu broke off", status.Reason!.Message, StringComparison.Ordinal);
        Assert.Equal(TemplateState.Ready, (await Driver.MakeTemplateAsync(revision.Id, anew: false, default)).Template);
    }

    private static ServiceSpec Large => OciPrograms.Python("large", CriuOf.LargeProgram) with { Resources = new(MemoryBaseBytes: 512L << 20) };

    private List<string> Cells => [.. Directory.EnumerateFiles(new DataPaths(Data).Cells, "keeper.sock", SearchOption.AllDirectories).Select(path => Path.GetDirectoryName(path)!)];

    private string OnlyCell => Assert.Single(Cells);

    /// <summary>Images and drafts that lie in the store, apart from those in the slots of cells.</summary>
    private List<string> Images => [.. Directory.EnumerateDirectories(new DataPaths(Data).MemoryImages).Select(path => Path.GetFileName(path)).Where(name => name != "cells")];

    private FileInfo? PagesOf(string draft) =>
        Directory.EnumerateDirectories(new DataPaths(Data).MemoryImages, draft).Select(path => new FileInfo(Path.Combine(path, "pages-1.img"))).FirstOrDefault();

    private async Task<InstanceId> LargeAsync(string id = "one")
    {
        Assert.SkipUnless(Driver.Capabilities.Checkpoint, "no process images on this host");
        return await StartedAsync(Large, id);
    }
}
