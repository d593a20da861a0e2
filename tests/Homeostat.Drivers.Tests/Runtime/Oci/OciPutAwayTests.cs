using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci;
using Homeostat.Drivers.Runtime.Oci.Host;
using Homeostat.Drivers.Runtime.Oci.Sweep;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>A clean stop: the host is as it was, and the next driver on the data directory wakes what slept.</summary>
public sealed class OciPutAwayTests : OciTestCase
{
    private const string Shared = """
        import os
        open('/dev/kept-in-the-cell', 'w').write('x')
        """;

    private int _sleepingCells = 128;

    protected override OciDriverOptions Change(OciDriverOptions options) => options with { PoolCells = 1, SleepingCells = _sleepingCells };

    [Theory]
    [InlineData(128)]
    [InlineData(0)]
    public async Task Asleep_ThroughACleanStop_TheHostIsAsItWas_AndTheyGoOnWithMemoryFilesAndAddress(int sleepingCells)
    {
        Assert.SkipUnless(Driver.Capabilities.Checkpoint, "no process images on this host");
        _sleepingCells = sleepingCells;
        await ReopenAsync();
        var before = await HostAsync();
        var id = await StartedAsync(OciPrograms.Python("sleeper", OciSleepingCellsTests.Server));
        var answer = BodyOf(await GetAsync(id));
        Assert.Null(await Driver.SleepAsync(id, Tier.Image, Next(), default));

        var said = await Driver.PutAwayAsync(_ => { }, default);
        await Driver.DisposeAsync();

        Assert.Empty(said);
        Assert.Empty((await HostAsync()).Except(before));
        var leaks = await LeakCheck.RunAsync(new() { DataDirectory = Data }, default);
        Assert.Equal(CheckOutcome.Ok, leaks.Outcome);
        Assert.Contains("1 sleeping instance is kept in the data directory", leaks.What, StringComparison.Ordinal);

        foreach (var round in (int[])[2, 3])
        {
            await OpenAgainAsync();
            Assert.Equal((id, Tier.Image), Assert.Single(await Driver.ListAsync(default)) is var seen ? (seen.Id, seen.Tier) : default);
            var woken = await Driver.WakeAsync(id, Specs.Limits, Next(), default);
            Assert.True(woken.Ready?.Way == WakeWay.Restored, woken.Failure?.ToString());
            Assert.Equal(answer.Replace("count 1", $"count {round}", StringComparison.Ordinal), BodyOf(await GetAsync(id)));
            Assert.Null(await Driver.SleepAsync(id, Tier.Image, Next(), default));
            Assert.Empty(await Driver.PutAwayAsync(_ => { }, default));
            await Driver.DisposeAsync();
        }

        await OpenAgainAsync();
    }

    [Fact]
    public async Task Template_ThroughACleanStop_IsNotMadeAgain_AndASleepingCloneOfItWakes()
    {
        Assert.SkipUnless(Driver.Capabilities.Clones, "no clones on this host");
        var spec = OciPrograms.Python("cloned") with { Checkpoint = new(CheckpointMode.Auto, ClonePolicy.Yes, [], 0, null, null) };
        var revision = Specs.Revision(spec);
        Assert.Null(await Driver.PrepareAsync(revision, default));
        Assert.Equal((TemplateState.Ready, true), await Driver.MakeTemplateAsync(revision.Id, anew: false, default) is var made ? (made.Template, made.ClonesAllowed) : default);
        Assert.Equal(WakeWay.Restored, (await StartAsync(spec, way: StartWay.Clone)).Ready?.Way);
        Assert.Contains("count", await GetAsync(new("one")), StringComparison.Ordinal);
        Assert.Null(await Driver.SleepAsync(new("one"), Tier.Image, Next(), default));
        Assert.Empty(await Driver.PutAwayAsync(_ => { }, default));
        await Driver.DisposeAsync();

        await OpenAgainAsync();
        Assert.Null(await Driver.PrepareAsync(revision, default));

        Assert.Equal((TemplateState.Ready, true), Driver.Describe(revision.Id) is { } status ? (status.Template, status.ClonesAllowed) : default);
        Assert.Equal(WakeWay.Restored, (await Driver.WakeAsync(new("one"), Specs.Limits, Next(), default)).Ready?.Way);
        Assert.Contains("count 2", await GetAsync(new("one")), StringComparison.Ordinal);
        Assert.Equal(WakeWay.Restored, (await StartAsync(spec, "two", StartWay.Clone)).Ready?.Way);
    }

    [Fact]
    public async Task WhatLivesInTheCellOnly_IsEnded_AndSaid()
    {
        Assert.SkipUnless(Driver.Capabilities.Checkpoint, "no process images on this host");
        var id = await StartedAsync(OciPrograms.Python("bound", Shared + "\n" + OciSleepingCellsTests.Server));
        Assert.Null(await Driver.SleepAsync(id, Tier.Image, Next(), default));

        var said = await Driver.PutAwayAsync(_ => { }, default);

        Assert.Contains("one was ended", Assert.Single(said), StringComparison.Ordinal);
        Assert.Empty(await Driver.ListAsync(default));
        await ReopenAsync();
    }

    private static string BodyOf(string answer) => answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];

    /// <summary>What the usual tools show, of this platform: links, tables, mounts, control groups, processes, and what is in memory.</summary>
    private async Task<IReadOnlyList<string>> HostAsync()
    {
        var data = new DataPaths(Data);
        var name = PlatformName.Of(Data);
        var mounts = (await File.ReadAllLinesAsync("/proc/mounts")).Where(line => line.Contains(name.Tag, StringComparison.Ordinal));
        var tables = (await Command.RunAsync("nft", ["list", "tables"], null, default)).Split('\n').Where(line => line.Contains(name.Tag, StringComparison.Ordinal));
        var links = (await File.ReadAllLinesAsync("/proc/net/dev")).Where(line => line.Contains(name.Tag, StringComparison.Ordinal)).Select(line => line.Split(':')[0]);
        var groups = Directory.EnumerateDirectories("/sys/fs/cgroup").SelectMany(root => (string[])[$"{root}/{name.Tag}", $"{root}/homeostat/{name.Tag}"]).Where(Directory.Exists);
        var keepers = Directory.EnumerateDirectories("/proc").Where(process => int.TryParse(Path.GetFileName(process), out _)).Select(CommandOf).Where(line => line.Contains(Data, StringComparison.Ordinal));
        return [.. mounts, .. tables, .. links, .. groups, .. keepers, .. Directory.Exists(data.Volatile) ? (string[])[data.Volatile] : []];
    }

    private static string CommandOf(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            return ""; // It ended meanwhile.
        }
    }
}
