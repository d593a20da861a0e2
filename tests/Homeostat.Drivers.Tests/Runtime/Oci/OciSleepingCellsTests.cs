using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci;
using Homeostat.Drivers.Runtime.Oci.Host;
using Homeostat.Drivers.Runtime.Oci.Sweep;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>At most two cells are kept for sleeping instances here: the third that goes to sleep costs the first one its cell.</summary>
public sealed class OciSleepingCellsTests : OciTestCase
{
    /// <summary>Tells what it has in memory, in its files, one of them deleted, and what it thinks it is called.</summary>
    internal const string Server = """
        import http.server, os, socket
        count = 0
        kept = open('/tmp/kept', 'w+'); kept.write('kept'); kept.flush()
        deleted = open('/var/tmp/deleted' if os.path.isdir('/var/tmp') else '/tmp/deleted', 'w+'); deleted.write('deleted'); deleted.flush(); os.unlink(deleted.name)
        if os.environ.get('SHARED'): open('/dev/shm/shared', 'w').write('shared')
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                global count
                count += 1
                kept.seek(0); deleted.seek(0)
                shared = open('/dev/shm/shared').read() if os.environ.get('SHARED') else ''
                own = socket.gethostname() == open('/etc/hostname').read().strip()
                body = f"count {count} {kept.read()} {open('/tmp/kept').read()} {deleted.read()} {shared} {own} {self.connection.getsockname()[0]}".encode()
                self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
            def log_message(self, *a): pass
        http.server.ThreadingHTTPServer(('0.0.0.0', int(os.environ['PORT'])), Handler).serve_forever()
        """;

    private int _allowed = 2;

    protected override OciDriverOptions Change(OciDriverOptions options) => options with { PoolCells = 0, SleepingCells = _allowed };

    [Fact]
    public async Task AtTheBound_EachKeepsItsCell_OnePastIt_TheLongestAsleepGivesItsUp_AndAllWakeAsTheyWere()
    {
        var before = await AsleepAsync("one", "two");
        await LivingAsync(2);
        Assert.Empty(LivingCells.Folded(new DataPaths(Data)));

        before.AddRange(await AsleepAsync("three"));
        await LivingAsync(2);

        Assert.Single(LivingCells.Folded(new DataPaths(Data)));
        Assert.All(await Driver.ListAsync(default), instance => Assert.Equal(Tier.Image, instance.Tier));
        foreach (var (id, answer) in before)
        {
            var woken = await Driver.WakeAsync(new(id), Specs.Limits, Next(), default);
            Assert.True(woken.Ready?.Way == WakeWay.Restored, woken.Failure?.ToString());
            Assert.Equal(id == "one", woken.Ready!.Phases.Any(phase => phase.Key == "cell"));
            Assert.Equal(answer.Replace("count 1", "count 2", StringComparison.Ordinal), BodyOf(await GetAsync(new(id))));
        }
    }

    [Fact]
    public async Task WokenFromAFoldedCell_SleepsAndWakesAgain()
    {
        _allowed = 0;
        await ReopenAsync();
        foreach (var round in (int[])[1, 2, 3])
        {
            if (round == 1)
            {
                await AsleepAsync("one");
            }
            else
            {
                Assert.Null(await Driver.SleepAsync(new("one"), Tier.Image, Next(), default));
            }

            await LivingAsync(0);
            Assert.Equal(WakeWay.Restored, (await Driver.WakeAsync(new("one"), Specs.Limits, Next(), default)).Ready?.Way);
            Assert.Contains($"count {round + 1}", await GetAsync(new("one")), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task WhatIsInSharedMemory_KeepsTheCell_AndAnotherOneGoes()
    {
        await AsleepAsync(Service("sharing") with { Env = [new("SHARED", "1")] }, "sharing");
        await AsleepAsync("two", "three");
        await LivingAsync(2);

        var woken = await Driver.WakeAsync(new("sharing"), Specs.Limits, Next(), default);

        Assert.DoesNotContain(woken.Ready!.Phases, phase => phase.Key == "cell");
        Assert.Contains("shared", await GetAsync(new("sharing")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FewerAllowedByTheNextPlatform_ItTakesUpWhatWasFolded_AndFoldsTheRest()
    {
        await AsleepAsync("one", "two", "three");
        await LivingAsync(2);
        _allowed = 1;

        await ReopenAsync();

        await LivingAsync(1);
        Assert.Equal(["one", "three", "two"], (await Driver.ListAsync(default)).Select(instance => instance.Id.Value));
        var leaks = await LeakCheck.RunAsync(new() { DataDirectory = Data }, default);
        Assert.Equal(CheckOutcome.Ok, leaks.Outcome);
        Assert.Contains("2 sleeping instances have no container now", leaks.What, StringComparison.Ordinal);
        // One is woken, one stopped as it is, one stopped in its cell by the end of the test.
        Assert.Null((await Driver.PrepareAsync(Specs.Revision(Service("one")), default)));
        Assert.Equal(WakeWay.Restored, (await Driver.WakeAsync(new("one"), Specs.Limits, Next(), default)).Ready?.Way);
        Assert.Contains("count 2", await GetAsync(new("one")), StringComparison.Ordinal);
        await Driver.StopAsync(new("two"), TimeSpan.Zero, Next(), default);
        Assert.Single(LivingCells.Folded(new DataPaths(Data)).Concat(await LivingCells.FindAsync(new DataPaths(Data), default)).Except([CellOf("one")]));
    }

    [Fact]
    public async Task RootReplacedMeanwhile_IsAFailedWakeWithTheReason()
    {
        _allowed = 0;
        await ReopenAsync();
        using var root = new TemporaryRoot();

        var spec = OciPrograms.Of("moved", "/bin/busybox", "httpd", "-f", "-p", "8080") with { Root = new RootSource.Directory(root.Path) };
        Assert.SkipUnless(Driver.Capabilities.Checkpoint, "no process images on this host");
        await StartedAsync(spec);
        Assert.Null(await Driver.SleepAsync(new("one"), Tier.Image, Next(), default));
        await LivingAsync(0);
        Directory.Delete(root.Path, recursive: true);
        Directory.CreateDirectory(root.Path);

        var failure = (await Driver.WakeAsync(new("one"), Specs.Limits, Next(), default)).Failure!;

        Assert.Equal(FailureKind.RestoreFailed, failure.Kind);
        Assert.Contains($"{root.Path}, which its files lie on, was replaced", failure.Message, StringComparison.Ordinal);
        Assert.Contains("starts cold", failure.Remedy, StringComparison.Ordinal);
        Assert.Empty(await Driver.ListAsync(default));
    }

    private static string BodyOf(string answer) => answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];

    private static ServiceSpec Service(string name) => OciPrograms.Python(name, Server);

    private string CellOf(string id) =>
        new Homeostat.Drivers.Runtime.Oci.Instances.InstanceStore(new DataPaths(Data)).ReadAll().Single(state => state.Id == id).Cell;

    private async Task<List<(string Id, string Answer)>> AsleepAsync(params string[] ids)
    {
        List<(string, string)> answers = [];
        foreach (var id in ids)
        {
            answers.Add((id, await AsleepAsync(Service(id), id)));
        }

        return answers;
    }

    private async Task<string> AsleepAsync(ServiceSpec spec, string id)
    {
        Assert.SkipUnless(Driver.Capabilities.Checkpoint, "no process images on this host");
        await StartedAsync(spec, id);
        var answer = BodyOf(await GetAsync(new(id)));
        Assert.Contains("count 1 kept kept deleted", answer, StringComparison.Ordinal);
        Assert.Contains("True", answer, StringComparison.Ordinal);
        Assert.Null(await Driver.SleepAsync(new(id), Tier.Image, Next(), default));
        return answer;
    }

    private Task LivingAsync(int count) => Keeper.Waiting.UntilAsync(
        () => LivingCells.FindAsync(new DataPaths(Data), default).GetAwaiter().GetResult().Count == count
            && Directory.GetDirectories(new DataPaths(Data).Cells).Length == count + LivingCells.Folded(new DataPaths(Data)).Count,
        () => $"{count} living cells");
}
