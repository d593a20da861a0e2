using Homeostat.Drivers.Runtime.Oci.Cgroups;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Keeper;

/// <summary>criu ended in the middle of its work, and programs that come to their stop late.</summary>
public sealed class CriuFaultTests : IDisposable
{
    private const string Threaded = """
        import threading, time
        threads = [threading.Thread(target=lambda: time.sleep(10000), daemon=True) for n in range(150)]
        for thread in threads: thread.start()
        print('begun', flush=True)
        time.sleep(10000)
        """;

    private readonly TestCells _cells = new();
    private readonly int _port = Waiting.FreePort();

    public CriuFaultTests()
    {
        _cells.RequireCriu();
        TestCells.Require("python3");
        _cells.WriteProgram("large.py", CriuOf.LargeProgram);
        _cells.WriteProgram("threaded.py", Threaded);
    }

    public void Dispose() => _cells.Dispose();

    [Fact]
    public async Task Dump_CriuKilledInTheMiddle_IsLostWithTheReason_AndTheCellEnds()
    {
        await using var cell = await LargeAsync();
        var image = _cells.NewImage("sleep");
        var dumping = cell.Keeper.DumpAsync(image, leave: false, default);
        await CriuOf.EndAsync(cell.Directory, () => new FileInfo(Path.Combine(image, "pages-1.img")) is { Exists: true, Length: > 0 });

        var lost = await dumping;

        Assert.Equal((false, "lost"), (lost.Ok, lost.Kind));
        Assert.Contains("criu: ended in the middle by signal 9", lost.Reason, StringComparison.Ordinal);
        Assert.Equal(9, (await cell.Keeper.Exited.WaitAsync(TimeSpan.FromSeconds(10))).Signal);
        Assert.Equal("ended", (await cell.Keeper.StatusAsync(default)).State);
    }

    [Fact]
    public async Task Restore_CriuKilledInTheMiddle_FailsWithTheReason_AndTheCellEnds()
    {
        await using var cell = await LargeAsync();
        var image = _cells.NewImage("sleep");
        Assert.True((await cell.Keeper.DumpAsync(image, leave: false, default)).Ok);
        var restoring = cell.Keeper.RestoreAsync(image, consume: true, park: false, cell.Logs, default);
        await CriuOf.EndAsync(cell.Directory, CriuOf.Restores);

        var failed = await restoring;

        Assert.Equal((false, "image"), (failed.Ok, failed.Kind));
        Assert.Contains("criu: ended in the middle by signal 9", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(9, (await cell.Keeper.Exited.WaitAsync(TimeSpan.FromSeconds(10))).Signal);
    }

    [Fact]
    public async Task Prime_ManyThreads_AllStandWhenItAnswers_AndTheDumpTakesThem()
    {
        await using var cell = await TestCell.CreateAsync(_cells);
        var started = await cell.StartAsync("python3", "/srv/threaded.py");
        await cell.WaitForLogAsync("begun");
        // As on a machine with far more work than processors: a thread that is asked to stop must wait until it may run to do so.
        new Cgroup(CgroupLayout.OfHost(), "/homeostat-tests/" + cell.Id).SetCpu(0.01);

        Assert.True((await cell.Keeper.PrimeAsync(TimeSpan.FromSeconds(10), default)).Ok);

        var states = Directory.GetDirectories($"/proc/{started.Pid}/task").Select(task => StateOf(File.ReadAllText($"{task}/stat"))).ToList();
        Assert.Equal(151, states.Count);
        Assert.All(states, state => Assert.Equal('T', state));
        var dumped = await cell.Keeper.DumpAsync(_cells.NewImage("template"), leave: false, default);
        Assert.True(dumped.Ok, dumped.Reason);
    }

    private static char StateOf(string stat) => stat[stat.LastIndexOf(')') + 2];

    private async Task<TestCell> LargeAsync()
    {
        var cell = await TestCell.CreateAsync(_cells);
        var started = await cell.Keeper.StartAsync(cell.Program(["python3", "/srv/large.py"], $"PORT={_port}"), default);
        Assert.True(started.Ok, started.Reason);
        Assert.Equal("ok", await Waiting.GetAsync(_port, "/"));
        return cell;
    }
}
