using System.Globalization;
using Homeostat.Drivers.Runtime.Oci.Keeper;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Keeper;

/// <summary>Programs in real cells: start, output, end.</summary>
public sealed class KeeperTests : IDisposable
{
    private readonly TestCells _cells = new();

    public void Dispose() => _cells.Dispose();

    [Fact]
    public async Task Start_Program_RunsAsPid100WithItsEnvironmentAndOutput()
    {
        await using var cell = await TestCell.CreateAsync(_cells);
        var answer = await cell.Keeper.StartAsync(
            cell.Program(["sh", "-c", "echo pid $$ parent $PPID word $WORD in $(pwd); echo problem >&2; exec sleep 60"], "WORD=a b"), default);

        Assert.True(answer.Ok, answer.Reason);
        Assert.True(Directory.Exists($"/proc/{answer.Pid}"));
        var log = await cell.WaitForLogAsync("problem");
        Assert.Contains(" stdout F pid 100 parent 1 word a b in /\n", log);
        Assert.Contains(" stderr F problem\n", log);
        Assert.Equal("running", (await cell.Keeper.StatusAsync(default)).State);
    }

    [Fact]
    public async Task Make_WithAnotherProgramAsInit_IsRefusedWithWhatBecameOfIt()
    {
        var error = await Assert.ThrowsAsync<IOException>(() => TestCell.CreateAsync(_cells, init: "/usr/bin/false"));
        Assert.Contains("init ended (", error.Message, StringComparison.Ordinal);
        Assert.Contains("build it anew", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void InitAndKeeper_AskForNoLoader()
    {
        foreach (var name in (string[])["init", "keeper"])
        {
            Assert.False(AsksForLoader(File.ReadAllBytes(Path.Combine(_cells.Libexec, name))), $"{name} is dynamically linked");
        }

        Assert.True(AsksForLoader(File.ReadAllBytes("/usr/bin/env")));
    }

    [Theory]
    [InlineData("no-such-program", "exec: No such file")]
    [InlineData("/etc/passwd", "exec: Permission denied")]
    public async Task Start_WhatCannotBeExecuted_IsRefusedAndTheCellStaysUsable(string command, string reason)
    {
        await using var cell = await TestCell.CreateAsync(_cells);
        var refused = await cell.StartAsync(command);
        Assert.Equal((false, "program"), (refused.Ok, refused.Kind));
        Assert.StartsWith(reason, refused.Reason);

        Assert.True((await cell.StartAsync("sleep", "60")).Ok);
    }

    [Theory]
    [InlineData("exit 3", 3, null)]
    [InlineData("kill -TERM $$", null, 15)]
    public async Task Exited_ProgramEnds_TellsCodeOrSignal(string script, int? code, int? signal)
    {
        await using var cell = await TestCell.CreateAsync(_cells);
        Assert.True((await cell.StartAsync("sh", "-c", script)).Ok);

        var exit = await cell.Keeper.Exited.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal((code, signal, false), (exit.Code, exit.Signal, exit.OutOfMemory));
        Assert.Equal("ended", (await cell.Keeper.StatusAsync(default)).State);
    }

    [Fact]
    public async Task Start_IsPid100AndItsExitCodeIsKnownHoweverShortItIs()
    {
        _cells.RequireCriu();
        for (var i = 0; i < 3; i++)
        {
            await using var cell = await TestCell.CreateAsync(_cells);
            Assert.True((await cell.StartAsync("sh", "-c", "echo pid $$; exit 3")).Ok);
            Assert.Equal(3, (await cell.Keeper.Exited.WaitAsync(TimeSpan.FromSeconds(10))).Code);
            Assert.Contains("pid 100\n", await cell.WaitForLogAsync("pid"));
            Assert.Equal("ended", (await cell.Keeper.StatusAsync(default)).State);
        }
    }

    [Fact]
    public async Task Connect_AfterThePlatformLeft_FindsTheRunningProgram()
    {
        await using var cell = await TestCell.CreateAsync(_cells);
        var pid = (await cell.StartAsync("sleep", "60")).Pid;
        await cell.Keeper.DisposeAsync();

        await using var again = await KeeperClient.ConnectAsync(cell.Directory, default);
        var status = await again.StatusAsync(default);
        Assert.Equal(("running", pid, false), (status.State, status.ProgramPid, again.Exited.IsCompleted));
        Assert.True((await again.SignalAsync(15, default)).Ok);
        Assert.Equal(15, (await again.Exited.WaitAsync(TimeSpan.FromSeconds(10))).Signal);
        await again.QuitAsync(default);
    }

    [Fact]
    public async Task Keeper_Killed_EndsItsCell()
    {
        await using var cell = await TestCell.CreateAsync(_cells);
        Assert.True((await cell.StartAsync("sleep", "60")).Ok);
        var init = (await cell.Keeper.StatusAsync(default)).InitPid;
        var keeper = int.Parse(
            File.ReadAllLines($"/proc/{init}/status").First(l => l.StartsWith("PPid:", StringComparison.Ordinal))[5..], CultureInfo.InvariantCulture);
        System.Diagnostics.Process.GetProcessById(keeper).Kill();

        Assert.Equal(9, (await cell.Keeper.Exited.WaitAsync(TimeSpan.FromSeconds(10))).Signal);
        await Waiting.UntilAsync(() => !Directory.Exists($"/proc/{init}"), () => "the end of init");
        Assert.Equal("gone", (await cell.StartAsync("true")).Kind);
    }

    [Fact]
    public async Task Output_OfUsersAndReopenedPaths_ReachesTheLog()
    {
        await using var cell = await TestCell.CreateAsync(_cells, user: 1234);
        await cell.StartAsync("sh", "-c", "echo $(id -u) > /dev/stdout; echo again > /dev/stderr; exec sleep 60");
        var log = await cell.WaitForLogAsync("again");
        Assert.Contains(" stdout F 1234\n", log);
    }

    [Fact]
    public async Task Output_MoreThanTheLogHolds_IsRotatedAndNeverBlocksTheProgram()
    {
        await using var cell = await TestCell.CreateAsync(_cells);
        await cell.StartAsync("sh", "-c", "i=0; while [ $i -lt 400 ]; do i=$((i+1)); head -c 1000 /dev/zero | tr '\\0' x; echo; done; echo finished; exec sleep 60");
        await cell.WaitForLogAsync("finished");
        var files = Directory.GetFiles(cell.Logs).Select(f => new FileInfo(f)).ToList();
        Assert.Equal(["log", "log.1"], files.Select(f => f.Name).Order());
        Assert.All(files, f => Assert.InRange(f.Length, 1, 64 << 10));
    }

    [Fact]
    public async Task Output_DiskFull_IsCountedAndTheProgramGoesOn()
    {
        await using var cell = await TestCell.CreateAsync(_cells);
        Directory.CreateDirectory(cell.Logs);
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", cell.Logs);
        try
        {
            var filler = Path.Combine(cell.Logs, "filler");
            File.WriteAllBytes(filler, new byte[56 << 10]);
            const string Script = "head -c 200000 /dev/zero | tr '\\0' x | fold -w 1000; echo; touch /tmp/done; "
                + "while ! [ -e /tmp/go ]; do sleep 0.02; done; echo after; exec sleep 60";
            Assert.True((await cell.StartAsync("sh", "-c", Script)).Ok);
            var root = $"/proc/{(await cell.Keeper.StatusAsync(default)).InitPid}/root/tmp/";
            await Waiting.UntilAsync(() => File.Exists(root + "done"), () => "the program, which must not wait for the disk");

            File.Delete(filler);
            File.WriteAllText(root + "go", "");
            Assert.Contains("bytes of output were lost", await cell.WaitForLogAsync("after\n"));
        }
        finally
        {
            await RunAsync("umount", "-l", cell.Logs);
        }
    }

    [Fact]
    public async Task Exited_OutOfMemory_SaysSo()
    {
        await using var cell = await TestCell.CreateAsync(_cells, memoryBytes: 32 << 20);
        Assert.True((await cell.StartAsync("sh", "-c", "head -c 200m /dev/zero | tail")).Ok);
        var exit = await cell.Keeper.Exited.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(exit.OutOfMemory, exit.ToString());
    }

    [Fact]
    public async Task Quit_RunningProgram_LeavesNoProcessAndNoCgroup()
    {
        string id;
        int pid;
        await using (var cell = await TestCell.CreateAsync(_cells))
        {
            id = cell.Id;
            await cell.StartAsync("sh", "-c", "(setsid sleep 1000 &); exec sleep 1000");
            pid = (await cell.Keeper.StatusAsync(default)).InitPid;
        }

        Assert.False(Directory.Exists($"/proc/{pid}"));
        Assert.Empty(Directory.GetDirectories("/sys/fs/cgroup", id, SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Start_ArgumentsBeyondThePacket_AreRefusedBeforeTheyAreSent()
    {
        await using var cell = await TestCell.CreateAsync(_cells);
        await Assert.ThrowsAsync<InvalidDataException>(() => cell.StartAsync("echo", new string('x', KeeperPacket.BytesMax)));
        Assert.True((await cell.StartAsync("echo", new string('x', 100_000))).Ok);
    }

    [Fact]
    public async Task Dump_WithoutCriu_IsUnsupportedAndProgramsRunAllTheSame()
    {
        await using var cell = await TestCell.CreateAsync(_cells, criu: null);
        Assert.True((await cell.StartAsync("sleep", "60")).Ok);
        Assert.Equal("unsupported", (await cell.Keeper.DumpAsync(_cells.NewImage("i"), false, default)).Kind);
    }

    [Fact]
    public async Task Spawn_RuntimeRefusesTheBundle_SaysWhy()
    {
        var cell = await TestCell.CreateAsync(_cells);
        await cell.Keeper.QuitAsync(default);
        File.WriteAllText(Path.Combine(cell.Directory, "config.json"), "{ not json");
        var error = Assert.Throws<IOException>(() => KeeperProcess.Spawn(cell.Settings(null)));
        Assert.Contains("failed (status", error.Message);
    }

    private static async Task RunAsync(string command, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(command, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>Whether an ELF file (64 bits, little-endian) has a program header PT_INTERP (elf(5)).</summary>
    private static bool AsksForLoader(byte[] elf)
    {
        var (table, size, count) = (BitConverter.ToInt64(elf, 32), BitConverter.ToUInt16(elf, 54), BitConverter.ToUInt16(elf, 56));
        return Enumerable.Range(0, count).Any(n => BitConverter.ToInt32(elf, (int)table + (n * size)) == 3);
    }
}
