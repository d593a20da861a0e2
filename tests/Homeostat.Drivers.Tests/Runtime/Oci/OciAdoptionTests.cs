using System.Net.Sockets;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci;
using Homeostat.Drivers.Runtime.Oci.Instances;
using Homeostat.Drivers.Runtime.Oci.Keeper;
using Homeostat.Drivers.Runtime.Oci.Sweep;
using Homeostat.Drivers.Tests.Runtime.Oci.Keeper;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>A platform that was killed: its driver is left as it is, never disposed of.</summary>
public sealed class OciAdoptionTests
{
    [Fact]
    public async Task KilledPlatform_ItsInstancesLiveOn_AndItsPoolsAreRemoved()
    {
        await using var sandbox = new OciSandbox();
        var killed = await sandbox.OpenAsync();
        var id = await OciSandbox.StartedAsync(killed, "survivor");
        // The instance's cell and one in the pool.
        var cells = await LivingAsync(sandbox, 2);
        var pid = Assert.Single(await killed.ListAsync(default)).Pid;

        await using var driver = await sandbox.OpenAsync();

        var seen = Assert.Single(await driver.ListAsync(default));
        Assert.Equal((id, Tier.Running, pid), (seen.Id, seen.Tier, seen.Pid));
        var left = await LivingCells.FindAsync(new DataPaths(sandbox.Data), default);
        Assert.Single(left);
        Assert.Subset(cells.ToHashSet(), left.ToHashSet());
        await driver.StopAsync(id, TimeSpan.Zero, new(2), default);
    }

    [Fact]
    public async Task HostThatWasRestarted_ItsInstancesAreForgotten()
    {
        await using var sandbox = new OciSandbox();
        // Without a pool: this driver only plays a dead one, and would make cells anew for those that the next one removes.
        var before = await sandbox.OpenAsync(options => options with { PoolCells = 0 });
        var id = await OciSandbox.StartedAsync(before, "mortal");
        var state = new DataPaths(sandbox.Data).StateOf(id.Value);
        var boot = (await File.ReadAllTextAsync("/proc/sys/kernel/random/boot_id")).Trim();
        await File.WriteAllTextAsync(state, (await File.ReadAllTextAsync(state)).Replace(boot, "another boot", StringComparison.Ordinal));

        await using var driver = await sandbox.OpenAsync();

        Assert.Empty(await driver.ListAsync(default));
        Assert.False(File.Exists(state));
    }

    [Fact]
    public async Task KilledWhileItDumps_TheKeeperFinishes_AndTheInstanceSleepsAsIfNothingHadBeen()
    {
        await using var sandbox = new OciSandbox();
        var killed = await sandbox.OpenAsync(WithoutPools);
        Assert.SkipUnless(killed.Capabilities.Checkpoint, "no process images on this host");
        var id = await StartedAsync(killed, Counting);
        Assert.Equal("count 1", await OciTestCase.BodyAsync(killed, id));
        await killed.DisposeAsync();
        using var told = await DumpAsync(sandbox);

        await using var driver = await sandbox.OpenAsync(WithoutPools);

        Assert.Empty(driver.Lost);
        Assert.Equal((id, Tier.Image), Assert.Single(await driver.ListAsync(default)) is var seen ? (seen.Id, seen.Tier) : default);
        var woken = await driver.WakeAsync(id, Specs.Limits, new(2), default);
        Assert.True(woken.Ready?.Way == WakeWay.Restored, woken.Failure?.ToString());
        Assert.Equal("count 2", await OciTestCase.BodyAsync(driver, id));
        await driver.StopAsync(id, TimeSpan.Zero, new(3), default);
    }

    [Fact]
    public async Task KilledWhileItDumps_AndCriuToo_TheInstanceIsLost_WithTheReason()
    {
        await using var sandbox = new OciSandbox();
        var killed = await sandbox.OpenAsync(WithoutPools);
        Assert.SkipUnless(killed.Capabilities.Checkpoint, "no process images on this host");
        var id = await StartedAsync(killed, Counting);
        await killed.DisposeAsync();
        using var told = await DumpAsync(sandbox);
        await CriuOf.EndAsync(OnlyCell(sandbox), () => new FileInfo(PagesOf(sandbox)) is { Exists: true, Length: > 0 });

        await using var driver = await sandbox.OpenAsync(WithoutPools);

        var lost = Assert.Single(driver.Lost);
        Assert.Equal(id, lost.Id);
        Assert.Contains("its dump failed: criu broke off", lost.Why, StringComparison.Ordinal);
        Assert.Empty(await driver.ListAsync(default));
        Assert.DoesNotContain(Directory.EnumerateDirectories(new DataPaths(sandbox.Data).MemoryImages), path => Path.GetFileName(path) != "cells");
    }

    [Fact]
    public async Task KilledWhileItRestores_TheInstanceRuns_AndItsImageIsNotThereAnyMore()
    {
        await using var sandbox = new OciSandbox();
        var killed = await sandbox.OpenAsync(WithoutPools);
        Assert.SkipUnless(killed.Capabilities.Checkpoint, "no process images on this host");
        var id = await StartedAsync(killed, Counting);
        Assert.Equal("count 1", await OciTestCase.BodyAsync(killed, id));
        Assert.Null(await killed.SleepAsync(id, Tier.Image, new(2), default));
        await killed.DisposeAsync();
        using var told = await TellAsync(OnlyCell(sandbox), new KeeperPacket("resume").With("log", new DataPaths(sandbox.Data).Instances + "/one/logs"));

        await using var driver = await sandbox.OpenAsync(WithoutPools);

        Assert.Equal(Tier.Running, Assert.Single(await driver.ListAsync(default)).Tier);
        Assert.Equal("count 2", await OciTestCase.BodyAsync(driver, id));
        Assert.Empty(Directory.EnumerateFiles(new DataPaths(sandbox.Data).MemoryImages, "*", SearchOption.AllDirectories));
        await driver.StopAsync(id, TimeSpan.Zero, new(3), default);
    }

    [Fact]
    public async Task KilledBetweenTheRestoreAndItsHook_TheNextPlatformCallsIt()
    {
        await using var sandbox = new OciSandbox();
        var killed = await sandbox.OpenAsync(WithoutPools);
        Assert.SkipUnless(killed.Capabilities.Checkpoint, "no process images on this host");
        var id = await StartedAsync(killed, Counting with { Checkpoint = Counting.Checkpoint with { AfterRestore = "/woken" } });
        var store = new InstanceStore(new DataPaths(sandbox.Data));
        await killed.DisposeAsync();
        store.Write(Assert.Single(store.ReadAll()) with { HookDue = true });

        await using var driver = await sandbox.OpenAsync(WithoutPools);

        Assert.Equal("count 1 woken", await OciTestCase.BodyAsync(driver, id));
        Assert.False(Assert.Single(store.ReadAll()).HookDue);
        await driver.StopAsync(id, TimeSpan.Zero, new(3), default);
    }

    /// <summary>So large that there is a middle of its dump.</summary>
    private static ServiceSpec Counting => OciPrograms.Python("counting", """
        import http.server, os
        memory = bytearray(256 << 20)
        for page in range(0, len(memory), 4096): memory[page] = 1
        count, woken = 0, ''
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                global woken
                woken = ' woken'
                self.send_response(200); self.send_header('Content-Length', '0'); self.end_headers()
            def do_GET(self):
                global count
                count += 1
                body = f'count {count}{woken}'.encode()
                self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
            def log_message(self, *a): pass
        http.server.ThreadingHTTPServer(('0.0.0.0', int(os.environ['PORT'])), Handler).serve_forever()
        """) with { Resources = new(MemoryBaseBytes: 512L << 20) };

    private static OciDriverOptions WithoutPools(OciDriverOptions options) => options with { PoolCells = 0 };

    private static async Task<InstanceId> StartedAsync(OciRuntimeDriver driver, ServiceSpec spec)
    {
        var revision = Specs.Revision(spec);
        Assert.Null(await driver.PrepareAsync(revision, default));
        var outcome = await driver.StartAsync(new("one"), revision.Id, StartWay.Cold, Specs.Limits with { MemoryBytes = 512L << 20 }, new(1), default);
        Assert.True(outcome.Failure is null, outcome.Failure?.ToString());
        return new("one");
    }

    private static string OnlyCell(OciSandbox sandbox) => Assert.Single(Directory.GetDirectories(new DataPaths(sandbox.Data).Cells));

    private static string DraftOf(OciSandbox sandbox) => Path.Combine(new DataPaths(sandbox.Data).MemoryImages, "new.sleep.one");

    private static string PagesOf(OciSandbox sandbox) => Path.Combine(DraftOf(sandbox), "pages-1.img");

    /// <summary>The order of a driver that will not be there to hear the answer.</summary>
    private static Task<Socket> DumpAsync(OciSandbox sandbox)
    {
        Directory.CreateDirectory(DraftOf(sandbox));
        return TellAsync(OnlyCell(sandbox), new KeeperPacket("dump").With("image", DraftOf(sandbox)).WithFlag("leave", false));
    }

    private static async Task<Socket> TellAsync(string cell, KeeperPacket order)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(cell, "keeper.sock")));
        await socket.SendAsync(order.With("tag", "1").Encode());
        return socket;
    }

    private static async Task<IReadOnlySet<string>> LivingAsync(OciSandbox sandbox, int count)
    {
        var limit = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(limit) < Homeostat.Testing.Waiting.Deadline)
        {
            if (await LivingCells.FindAsync(new DataPaths(sandbox.Data), default) is var living && living.Count >= count)
            {
                return living;
            }
        }

        throw new TimeoutException($"{count} cells did not stand within {Homeostat.Testing.Waiting.Deadline}");
    }
}
