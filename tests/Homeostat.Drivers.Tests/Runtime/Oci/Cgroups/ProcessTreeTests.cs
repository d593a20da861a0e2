using System.Diagnostics;
using Homeostat.Drivers.Runtime.Oci.Cgroups;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Cgroups;

/// <summary>A shell with children stands in for a cell's init and its program; no root needed.</summary>
public sealed class ProcessTreeTests : IDisposable
{
    private readonly Process _init = Start("(sleep 60 & (sleep 60 & echo up; wait); wait) & wait");

    public void Dispose()
    {
        _init.Kill(entireProcessTree: true);
        _init.Dispose();
    }

    [Fact]
    public async Task Freeze_StopsAllBelowInit_AndThawLetsThemRun()
    {
        Assert.Equal("up", await _init.StandardOutput.ReadLineAsync().Within("the program"));
        var tree = new ProcessTree(_init.Id);
        Assert.False(tree.IsFrozen);
        var program = tree.Processes.Where(pid => pid != _init.Id).ToList();
        Assert.True(program.Count >= 3, string.Join(' ', program));

        tree.Freeze();
        Assert.True(tree.IsFrozen);
        Assert.All(program, pid => Assert.Equal('T', ProcessStat.Read($"/proc/{pid}")?.State));

        tree.Thaw();
        Assert.True(SpinWait.SpinUntil(() => program.All(pid => ProcessStat.Read($"/proc/{pid}") is { IsStopped: false }), Waiting.Deadline));
        Assert.False(tree.IsFrozen);
        Assert.True(tree.MemoryBytes > 0);
    }

    [Fact]
    public async Task Thaw_LeavesWhatStoodBefore()
    {
        await _init.StandardOutput.ReadLineAsync().Within("the program");
        var tree = new ProcessTree(_init.Id);
        var sleeper = tree.Processes[^1];
        using (Process.Start("kill", ["-STOP", $"{sleeper}"]))
        {
            Assert.True(SpinWait.SpinUntil(() => ProcessStat.Read($"/proc/{sleeper}")?.State == 'T', Waiting.Deadline));
        }

        tree.Freeze();
        tree.Thaw();
        Assert.True(SpinWait.SpinUntil(() => !tree.IsFrozen, Waiting.Deadline));
        Assert.Equal('T', ProcessStat.Read($"/proc/{sleeper}")?.State);
    }

    [Fact]
    public void Gone_IsSaid()
    {
        var tree = new ProcessTree(_init.Id);
        _init.Kill(entireProcessTree: true);
        _init.WaitForExit();
        Assert.False(tree.Exists);
        Assert.Throws<IOException>(tree.Thaw);
    }

    [Fact]
    public void Stat_OfANameWithBrackets_IsRead()
    {
        var stat = ProcessStat.Parse("7 (a) b) T 1 7 7 0 -1 4194304 1 2 3 4 150 50 25 25 20 0 1 0 4711 0 0");
        Assert.Equal(('T', TimeSpan.FromSeconds(2.5), "4711"), (stat.State, stat.CpuTime, stat.StartedAt));
    }

    [Theory]
    [InlineData("RssAnon:\t    1234 kB", 1234)]
    [InlineData("RssAnon:\t13725868 kB", 13_725_868)]
    public void Memory_OfAnySize_IsRead(string line, long kibiBytes) => Assert.Equal(kibiBytes, ProcessTree.KibiBytes(line));

    private static Process Start(string script) =>
        Process.Start(new ProcessStartInfo("sh", ["-c", script]) { RedirectStandardOutput = true })!;
}
