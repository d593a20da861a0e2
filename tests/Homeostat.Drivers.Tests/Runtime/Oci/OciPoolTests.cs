using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci;
using Homeostat.Drivers.Runtime.Oci.Keeper;
using Homeostat.Drivers.Runtime.Oci.Native;
using Homeostat.Drivers.Runtime.Oci.Sweep;
using Homeostat.Drivers.Tests.Runtime.Oci.Keeper;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>Cells that wait for clones with a prepared restore: what changes meanwhile must not reach the next instance.</summary>
public sealed class OciPoolTests : OciTestCase
{
    /// <summary>Holds a file open from its start, and answers what it reads there.</summary>
    private const string Reader = """
        import http.server, os
        held = open('/data/file', 'rb')
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                held.seek(0)
                body = held.read()
                self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
            def log_message(self, *a): pass
        http.server.ThreadingHTTPServer(('0.0.0.0', int(os.environ['PORT'])), Handler).serve_forever()
        """;

    private readonly DirectoryInfo _source = Directory.CreateTempSubdirectory("homeostat-pool-");

    protected override OciDriverOptions Change(OciDriverOptions options) => options with { PoolCells = 1 };

    [Fact]
    public async Task FileThatAPreparedCloneHoldsOpen_IsReplaced_TheNextInstanceReadsTheNewOne()
    {
        var revision = await TemplateAsync("old");
        Write("new");

        Assert.EndsWith("new", await GetAsync(await CloneOrColdAsync(revision)), StringComparison.Ordinal);
        _source.Delete(recursive: true);
    }

    [Fact]
    public async Task SourceOfAMount_IsReplaced_TheNextInstanceReadsTheNewOne()
    {
        var revision = await TemplateAsync("old");
        var old = _source.FullName + ".old";
        Directory.Move(_source.FullName, old);
        Directory.CreateDirectory(_source.FullName);
        Write("new");

        Assert.EndsWith("new", await GetAsync(await CloneOrColdAsync(revision)), StringComparison.Ordinal);
        Directory.Delete(old, recursive: true);
        Directory.Delete(_source.FullName, recursive: true);
    }

    [Fact]
    public async Task CriuOfAPreparedCellIsKilled_TheCloneIsRestoredAllTheSame()
    {
        var revision = await TemplateAsync("kept");
        var cell = Assert.Single(Cells);
        await CriuOf.EndAsync(cell, () => true);
        await CriuOf.GoneAsync(cell);

        var clone = await Driver.StartAsync(new("one"), revision.Id, StartWay.Clone, Specs.Limits, Next(), default);

        Assert.True(clone.Failure is null, clone.Failure?.ToString());
        Assert.EndsWith("kept", await GetAsync(new("one")), StringComparison.Ordinal);
        _source.Delete(recursive: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CellOfThePoolIsKilled_AnotherTakesItsPlace_AndNothingOfItIsLeft(bool withItsKeeper)
    {
        await TemplateAsync("kept");
        var killed = Assert.Single(Cells);
        var pid = CriuOf.KeeperOf(killed);
        if (!withItsKeeper)
        {
            await using var keeper = await KeeperClient.ConnectAsync(killed, default);
            pid = (await keeper.StatusAsync(default)).InitPid;
        }

        Assert.Equal(0, Libc.Kill(pid, Libc.SigKill));

        await Keeper.Waiting.UntilAsync(() => Cells is [var other] && other != killed && !Directory.Exists(killed), () => "another cell in its place");
        IReadOnlyList<Remains> left = [];
        await Keeper.Waiting.UntilAsync(() => (left = LeakCheck.FindAsync(new() { DataDirectory = Data }, default).GetAwaiter().GetResult()).Count == 0, () => $"the end of {string.Join(", ", left)}");
        _source.Delete(recursive: true);
    }

    [Fact]
    public async Task TemplateTakenAnew_AfterAFileChangedInPlace_TheNextCloneHasTheNewCode_AndASleepingOneItsOwn()
    {
        var revision = await TemplateAsync("old");
        Assert.Equal(WakeWay.Restored, (await Driver.StartAsync(new("sleeper"), revision.Id, StartWay.Clone, Specs.Limits, Next(), default)).Ready?.Way);
        Assert.Null(await Driver.SleepAsync(new("sleeper"), Tier.Image, Next(), default));
        Write("new");

        var status = await Driver.MakeTemplateAsync(revision.Id, anew: true, default);

        Assert.True(status is { Template: TemplateState.Ready, ClonesAllowed: true }, status.Reason?.ToString());
        Assert.Equal(WakeWay.Restored, (await Driver.StartAsync(new("one"), revision.Id, StartWay.Clone, Specs.Limits, Next(), default)).Ready?.Way);
        Assert.EndsWith("new", await GetAsync(new("one")), StringComparison.Ordinal);
        // Through a clean stop, so that it must find the layers of its own template again.
        await Driver.StopAsync(new("one"), TimeSpan.Zero, Next(), default);
        Assert.Empty(await Driver.PutAwayAsync(_ => { }, default));
        await ReopenAsync();
        var woken = await Driver.WakeAsync(new("sleeper"), Specs.Limits, Next(), default);
        Assert.True(woken.Ready?.Way == WakeWay.Restored, woken.Failure?.ToString());
        _source.Delete(recursive: true);
    }

    private List<string> Cells => [.. Directory.EnumerateFiles(new DataPaths(Data).Cells, "keeper.sock", SearchOption.AllDirectories).Select(path => Path.GetDirectoryName(path)!)];

    /// <summary>As a careful program writes: the name leads to the new file at once.</summary>
    private void Write(string text)
    {
        var file = Path.Combine(_source.FullName, "file");
        File.WriteAllText(file + ".new", text);
        File.Move(file + ".new", file, overwrite: true);
    }

    private async Task<Revision> TemplateAsync(string text)
    {
        Assert.SkipUnless(Driver.Capabilities.Clones, "no clones on this host");
        Write(text);
        var spec = OciPrograms.Python("reader", Reader) with
        {
            Mounts = [new MountSpec(_source.FullName, "/data")],
            Checkpoint = new CheckpointSpec { Clones = ClonePolicy.Yes },
        };
        var revision = Specs.Revision(spec);
        Assert.Null(await Driver.PrepareAsync(revision, default));
        var status = await Driver.MakeTemplateAsync(revision.Id, anew: false, default);
        Assert.True(status is { Template: TemplateState.Ready, ClonesAllowed: true }, status.Reason?.ToString());
        await Keeper.Waiting.UntilAsync(() => Driver.Describe(revision.Id)?.PoolCells == 1, () => "the pool's cell");
        return revision;
    }

    /// <summary>A template whose files have changed may be refused: then it is a cold start.</summary>
    private async Task<InstanceId> CloneOrColdAsync(Revision revision)
    {
        var clone = await Driver.StartAsync(new("one"), revision.Id, StartWay.Clone, Specs.Limits, Next(), default);
        if (clone.Failure is not null)
        {
            var cold = await Driver.StartAsync(new("one"), revision.Id, StartWay.Cold, Specs.Limits, Next(), default);
            Assert.True(cold.Failure is null, cold.Failure?.ToString());
        }

        return new("one");
    }
}
