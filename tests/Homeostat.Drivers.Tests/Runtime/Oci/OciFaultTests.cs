using System.Diagnostics;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>What happens to one instance when something breaks, and that nothing else notices.</summary>
public sealed class OciFaultTests : OciTestCase
{
    protected override OciDriverOptions Change(OciDriverOptions options) => options with { PoolCells = 0, ImageMemoryBytes = 64L << 20 };

    [Fact]
    public async Task Program_OverItsMemory_IsReportedAsOutOfMemory()
    {
        const string hungry = "import socket,os\ns=socket.create_server(('0.0.0.0',int(os.environ['PORT'])))\ns.accept()\nx=[]\nwhile True: x.append(bytearray(1<<20))";
        var id = await StartedAsync(OciPrograms.Python("hungry", hungry) with { Resources = new(MemoryBaseBytes: 48L << 20) });
        await using var hints = new HintListener(Driver);

        using var socket = await Driver.ConnectAsync(id, default);
        await hints.NextAsync("the hint");

        var seen = Assert.Single(await Driver.ListAsync(default));
        Assert.Equal(Tier.Stopped, seen.Tier);
        Assert.True(seen.Exit!.OutOfMemory, seen.Exit.ToString());
    }

    [Fact]
    public async Task ProgramOnLoopbackOnly_IsReached()
    {
        var spec = OciPrograms.Python("loopback") with { Env = [new("BIND", "127.0.0.1")] };
        var id = await StartedAsync(spec);
        Assert.Contains("count 1", await GetAsync(id));
    }

    [Fact]
    public async Task ProgramOnAnotherPort_IsTold()
    {
        // What starts slowly does not listen anywhere yet when the time is over on a busy machine, and then there is nothing to tell.
        var spec = OciPrograms.Busybox("elsewhere", port: 9999) with { Health = new(Timeout: TimeSpan.FromSeconds(2)) };
        var failure = (await StartAsync(spec)).Failure!;
        Assert.Equal(FailureKind.NeverListened, failure.Kind);
        Assert.Contains("8080", failure.Message, StringComparison.Ordinal);
        Assert.Contains("9999", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProgramThatExits_ItsLastLinesAreInTheFailure()
    {
        var failure = (await StartAsync(OciPrograms.Of("brief", "/bin/sh", "-c", "echo the database is missing >&2; exit 4"))).Failure!;
        Assert.Equal(FailureKind.ProgramExited, failure.Kind);
        Assert.Contains("exit code 4", failure.Message, StringComparison.Ordinal);
        Assert.Contains("the database is missing", failure.Message, StringComparison.Ordinal);
        Assert.Equal("the program ended before it was ready: exit code 4", failure.MessageForClients);
        Assert.Equal("see homeostat logs brief", failure.Remedy);
    }

    [Fact]
    public async Task ProgramThatGoesIntoTheBackground_IsToldToStayInTheForeground()
    {
        const string Daemon = """
            import os, socket, time
            s = socket.create_server(('0.0.0.0', int(os.environ['PORT'])))
            if os.fork() == 0:
                time.sleep(1000)
            os._exit(0)
            """;
        await using var hints = new HintListener(Driver);

        var outcome = await StartAsync(OciPrograms.Python("daemon", Daemon));

        // Whether its port was seen before its end is a matter of luck; either way it is told.
        var exit = new ExitInfo(0, null, false, LeftProcesses: true);
        if (outcome.Failure is { } failure)
        {
            Assert.Contains(exit.ToString(), failure.Message, StringComparison.Ordinal);
            Assert.Contains("stay in the foreground", failure.Remedy, StringComparison.Ordinal);
            return;
        }

        await hints.NextAsync("the hint");
        Assert.Equal(exit, Assert.Single(await Driver.ListAsync(default)).Exit);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DamagedSleepImage_IsAFailedWakeAtOnce_AndOthersRunOn(bool shorter)
    {
        Assert.SkipUnless(Driver.Capabilities.Checkpoint, "no process images on this host");
        var (id, other) = (await StartedAsync(OciPrograms.Python("damaged")), await StartedAsync(OciPrograms.Python("other"), "two"));
        Assert.Null(await Driver.SleepAsync(id, Tier.Image, Next(), default));
        Damage(shorter);

        var began = Stopwatch.GetTimestamp();
        var outcome = await Driver.WakeAsync(id, Specs.Limits, Next(), default);

        Assert.Equal(FailureKind.RestoreFailed, outcome.Failure!.Kind);
        Assert.Contains("changed on disk", outcome.Failure.Message, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal(other, Assert.Single(await Driver.ListAsync(default)).Id);
        Assert.Contains("count 1", await GetAsync(other));
    }

    [Fact]
    public async Task DamagedTemplate_IsGivenUpByTheNextClone_AndMadeAnew()
    {
        Assert.SkipUnless(Driver.Capabilities.Clones, "no clones on this host");
        var spec = OciPrograms.Python("mould") with { Checkpoint = new CheckpointSpec() with { Clones = ClonePolicy.Yes } };
        var revision = await WithTemplateAsync(spec);
        Damage(shorter: false);

        var outcome = await StartAsync(spec, "clone", StartWay.Clone);

        Assert.Equal(FailureKind.RestoreFailed, outcome.Failure!.Kind);
        Assert.Contains("changed on disk", outcome.Failure.Message, StringComparison.Ordinal);
        Assert.Equal((TemplateState.None, false), (Driver.Describe(revision)!.Template, Driver.Describe(revision)!.ClonesAllowed));
        Assert.Contains("changed on disk", Driver.Describe(revision)!.Reason!.Message, StringComparison.Ordinal);
        Assert.Contains("count 1", await GetAsync(await StartedAsync(spec)));
        Assert.Equal(TemplateState.Ready, (await Driver.MakeTemplateAsync(revision, anew: false, default)).Template);
        Assert.Null((await StartAsync(spec, "again", StartWay.Clone)).Failure);
        Assert.Contains("count 1", await GetAsync(new("again")));
    }

    [Fact]
    public async Task DamagedTemplate_AskedForAgain_IsMadeAnew()
    {
        Assert.SkipUnless(Driver.Capabilities.Clones, "no clones on this host");
        var spec = OciPrograms.Python("recast") with { Checkpoint = new CheckpointSpec() with { Clones = ClonePolicy.Yes } };
        var revision = await WithTemplateAsync(spec);
        Damage(shorter: true);

        Assert.Equal(TemplateState.Ready, (await Driver.MakeTemplateAsync(revision, anew: false, default)).Template);

        Assert.Null((await StartAsync(spec, "clone", StartWay.Clone)).Failure);
        Assert.Contains("count 1", await GetAsync(new("clone")));
    }

    [Fact]
    public async Task CloneThatCrashesAtOnce_ItsTemplateIsGivenUp_TheSecondTimeForGood()
    {
        Assert.SkipUnless(Driver.Capabilities.Clones, "no clones on this host");
        var spec = OciPrograms.Python("fragile") with { Checkpoint = new CheckpointSpec() with { Clones = ClonePolicy.Yes } };
        foreach (var expected in (TemplateState[])[TemplateState.None, TemplateState.Refused])
        {
            var revision = await WithTemplateAsync(spec);
            await using var hints = new HintListener(Driver);
            Assert.Null((await StartAsync(spec, "clone", StartWay.Clone)).Failure);
            using (var crash = Process.Start("kill", ["-SEGV", $"{Assert.Single(await Driver.ListAsync(default)).Pid}"]))
            {
                await crash.WaitForExitAsync(default);
            }

            await hints.NextAsync("the hint");

            Assert.Equal(expected, Driver.Describe(revision)!.Template);
            Assert.Contains("crashed at once", Driver.Describe(revision)!.Reason!.Message, StringComparison.Ordinal);
            await Driver.StopAsync(new("clone"), TimeSpan.Zero, Next(), default);
        }
    }

    [Fact]
    public async Task KilledFromOutside_IsListedAsEnded()
    {
        var id = await StartedAsync(OciPrograms.Python("victim"));
        await using var hints = new HintListener(Driver);
        var pid = Assert.Single(await Driver.ListAsync(default)).Pid!.Value;
        using (var process = Process.GetProcessById(pid))
        {
            process.Kill();
        }

        await hints.NextAsync("the hint");
        Assert.Equal(9, Assert.Single(await Driver.ListAsync(default)).Exit!.Signal);
        await Driver.StopAsync(id, TimeSpan.Zero, Next(), default);
    }

    [Fact]
    public async Task KeeperKilled_EndsItsInstance_AndANewDriverRemovesTheRest()
    {
        await StartedAsync(OciPrograms.Python("orphan"));
        await using var hints = new HintListener(Driver);
        using (var keeper = Process.GetProcessesByName("keeper").Single(process => CommandLine(process).Contains(Data, StringComparison.Ordinal)))
        {
            keeper.Kill();
        }

        await hints.NextAsync("the hint");
        Assert.Equal(Tier.Stopped, Assert.Single(await Driver.ListAsync(default)).Tier);
        await ReopenAsync();
        Assert.Empty(await Driver.ListAsync(default));
    }

    [Fact]
    public async Task MountThatWouldShowThePlatformsData_IsRefused()
    {
        var spec = OciPrograms.Python("nosy");
        foreach (var (mount, word) in ((MountSpec, string)[])[
            (new(Data, "/srv"), "platform's own data"),
            (new("/no/such/source", "/srv"), "does not exist"),
            (new("/usr", "/srv/../etc"), "absolute path"),
            (new("/usr", "/proc/self"), "/proc")])
        {
            var failure = await Driver.PrepareAsync(Specs.Revision(spec with { Mounts = [mount] }), default);
            Assert.Contains(word, failure!.Message, StringComparison.Ordinal);
            Assert.NotNull(failure.Remedy);
        }
    }

    [Fact]
    public async Task MountTarget_ThroughASymlinkOfTheRoot_IsRefused()
    {
        using var root = new TemporaryRoot();
        File.CreateSymbolicLink(Path.Combine(root.Path, "escape"), "/tmp");
        var spec = OciPrograms.Of("escape", "/bin/sh") with { Root = new RootSource.Directory(root.Path), Mounts = [new("/usr/share", "/escape/x")] };

        var failure = await Driver.PrepareAsync(Specs.Revision(spec), default);

        Assert.Contains("/escape -> /tmp", failure!.Message, StringComparison.Ordinal);
    }

    private async Task<RevisionId> WithTemplateAsync(ServiceSpec spec)
    {
        var revision = Specs.Revision(spec);
        Assert.Null(await Driver.PrepareAsync(revision, default));
        var status = await Driver.MakeTemplateAsync(revision.Id, anew: false, default);
        Assert.True(status.ClonesAllowed, status.Reason?.Message);
        return revision.Id;
    }

    /// <summary>Overwrites the memory in the only image there is, or cuts it off.</summary>
    private void Damage(bool shorter)
    {
        var pages = new DirectoryInfo(new DataPaths(Data).MemoryImages).EnumerateFiles("pages-1.img", SearchOption.AllDirectories).First();
        using var file = pages.OpenWrite();
        if (shorter)
        {
            file.SetLength(pages.Length / 2);
            return;
        }

        for (var left = pages.Length; left > 0; left -= 4096)
        {
            file.Write(Enumerable.Repeat((byte)0xA5, (int)Math.Min(left, 4096)).ToArray());
        }
    }

    private static string CommandLine(Process process) => File.ReadAllText($"/proc/{process.Id}/cmdline");
}
