using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Keeper;

/// <summary>Programs of real cells become images and come back.</summary>
public sealed class ImageTests : IDisposable
{
    private const string Counter = """
        import http.server, os, sys, threading, time
        count = 0
        started = time.monotonic()
        open('/tmp/state', 'w').write('kept in a file')
        child = os.fork()
        if child == 0:
            os.setsid()
            time.sleep(10000)
        held = open('/tmp/deleted', 'w+'); held.write('kept though deleted'); held.flush(); os.unlink('/tmp/deleted')
        threading.Thread(target=lambda: time.sleep(10000), daemon=True).start()
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                global count
                count += 1
                held.seek(0)
                body = f"count {count} pid {os.getpid()} child {child} {open('/tmp/state').read()}, {held.read()}, up {time.monotonic() - started < 5}".encode()
                self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
            def log_message(self, *a): print('request', count, flush=True)
        http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
        """;

    private readonly TestCells _cells = new();
    private readonly int _port = Waiting.FreePort();

    public ImageTests()
    {
        _cells.RequireCriu();
        TestCells.Require("python3");
        _cells.WriteProgram("counter.py", Counter);
    }

    public void Dispose() => _cells.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1234)]
    public async Task SleepImage_RestoredIntoTheSameCellTwice_GoesOnWithMemoryFilesProcessesAndOutput(int user)
    {
        await using var cell = await StartedAsync(user);
        for (var round = 1; round <= 2; round++)
        {
            var image = _cells.NewImage("sleep");
            var dumped = await cell.Keeper.DumpAsync(image, leave: false, default);
            Assert.True(dumped.Ok, dumped.Reason);
            Assert.Equal("empty", (await cell.Keeper.StatusAsync(default)).State);
            Assert.All(Directory.GetFiles(image), f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));

            var restored = await cell.Keeper.RestoreAsync(image, consume: true, park: false, cell.Logs, default);
            Assert.True(restored.Ok, restored.Reason);
            Assert.False(Directory.Exists(image), "a sleep image must not stay where it could be restored again");
            Assert.Equal($"count {round + 1} pid 100 child 101 kept in a file, kept though deleted, up True", await Waiting.GetAsync(_port, "/"));
        }

        await cell.WaitForLogAsync("stdout F request 3\n");
        Assert.Single(cell.ReadLog().Split('\n'), l => l.EndsWith("request 1", StringComparison.Ordinal));
        Assert.True((await cell.Keeper.SignalAsync(15, default)).Ok);
        Assert.Equal(15, (await cell.Keeper.Exited.WaitAsync(TimeSpan.FromSeconds(10))).Signal);
    }

    [Fact]
    public async Task Template_RestoredIntoOtherCells_EachGoesItsOwnWay()
    {
        var image = _cells.NewImage("template");
        await using (var cell = await StartedAsync(0))
        {
            Assert.True((await cell.Keeper.DumpAsync(image, leave: false, default)).Ok);
        }

        for (var clone = 0; clone < 2; clone++)
        {
            await using var cell = await TestCell.CreateAsync(_cells);
            // The files of a template's writable layer come with its clones; here its /tmp is made again by hand.
            await PrepareTmpAsync(cell);
            var restored = await cell.Keeper.RestoreAsync(image, consume: false, park: false, cell.Logs, default);
            Assert.True(restored.Ok, restored.Reason);
            Assert.StartsWith("count 2 pid 100", await Waiting.GetAsync(_port, "/"));
        }
    }

    [Fact]
    public async Task Parked_Clone_RunsNothingUntilResumed()
    {
        var image = _cells.NewImage("template");
        await using (var first = await StartedAsync(0))
        {
            Assert.True((await first.Keeper.DumpAsync(image, leave: false, default)).Ok);
        }

        await using var cell = await TestCell.CreateAsync(_cells);
        await PrepareTmpAsync(cell);
        var parked = await cell.Keeper.RestoreAsync(image, consume: false, park: true, cell.Logs, default);
        Assert.True(parked.Ok, parked.Reason);
        Assert.Equal("parked", (await cell.Keeper.StatusAsync(default)).State);
        Assert.Equal("state", (await cell.StartAsync("true")).Kind);

        var resumed = await cell.Keeper.ResumeAsync(cell.Logs, default);
        Assert.True(resumed.Ok, resumed.Reason);
        Assert.StartsWith("count 2", await Waiting.GetAsync(_port, "/"));
    }

    [Fact]
    public async Task Prepared_SleepImage_ReturnsWhenTheCellEndsAndRunsWhenResumed()
    {
        var image = _cells.NewImage("sleep");
        await using (var first = await StartedAsync(0))
        {
            Assert.True((await first.Keeper.DumpAsync(image, leave: false, default)).Ok);
            Assert.True((await first.Keeper.PrepareAsync(image, consume: true, default)).Ok);
            Assert.False(Directory.Exists(image));
        }

        Assert.True(File.Exists(Path.Combine(image, "inventory.img")));
        await using var cell = await TestCell.CreateAsync(_cells);
        await PrepareTmpAsync(cell);
        Assert.True((await cell.Keeper.PrepareAsync(image, consume: true, default)).Ok);
        var resumed = await cell.Keeper.ResumeAsync(cell.Logs, default);
        Assert.True(resumed.Ok, resumed.Reason);
        Assert.Contains("post-resume", resumed.Stages.Select(s => s.Key));
        Assert.StartsWith("count 2", await Waiting.GetAsync(_port, "/"));
        Assert.False(Directory.Exists(image));
    }

    /// <summary>Processes, files and mappings are there before the order, the memory is not: else a sleeping instance would cost what a running one does.</summary>
    [Fact]
    public async Task Prepared_Template_HoldsNoMemoryUntilItIsRestored()
    {
        const string Large = "big = bytearray(b'x' * (64 << 20))\n";
        _cells.WriteProgram("large.py", Counter.Replace("count = 0\n", "count = 0\n" + Large, StringComparison.Ordinal));
        var image = _cells.NewImage("template");
        await using (var first = await TestCell.CreateAsync(_cells))
        {
            Assert.True((await first.StartAsync("python3", "/srv/large.py", $"{_port}")).Ok);
            Assert.StartsWith("count 1", await Waiting.GetAsync(_port, "/"));
            Assert.True((await first.Keeper.DumpAsync(image, leave: false, default)).Ok);
        }

        await using var cell = await TestCell.CreateAsync(_cells);
        await PrepareTmpAsync(cell);
        Assert.True((await cell.Keeper.PrepareAsync(image, consume: false, default)).Ok);
        Assert.Equal("prepared", (await cell.Keeper.StatusAsync(default)).State);
        var pid = await BlockedAtTheLockAsync((await cell.Keeper.StatusAsync(default)).InitPid);
        Assert.InRange(ResidentKiB(pid), 0, 16 << 10);

        var restored = await cell.Keeper.RestoreAsync(image, consume: false, park: false, cell.Logs, default);
        Assert.True(restored.Ok, restored.Reason);
        Assert.StartsWith("count 2", await Waiting.GetAsync(_port, "/"));
        Assert.True(Directory.Exists(image), "a template stays");
    }

    [Fact]
    public async Task Prepared_Template_CanBeParkedAndThenRuns()
    {
        var image = _cells.NewImage("template");
        await using (var first = await StartedAsync(0))
        {
            Assert.True((await first.Keeper.DumpAsync(image, leave: false, default)).Ok);
        }

        await using var cell = await TestCell.CreateAsync(_cells);
        await PrepareTmpAsync(cell);
        Assert.True((await cell.Keeper.PrepareAsync(image, consume: false, default)).Ok);
        Assert.True((await cell.Keeper.RestoreAsync(image, consume: false, park: true, cell.Logs, default)).Ok);
        Assert.Equal("parked", (await cell.Keeper.StatusAsync(default)).State);
        Assert.True((await cell.Keeper.ResumeAsync(cell.Logs, default)).Ok);
        Assert.StartsWith("count 2", await Waiting.GetAsync(_port, "/"));
    }

    [Fact]
    public async Task Dump_LeftRunning_ServesOn()
    {
        await using var cell = await StartedAsync(0);
        Assert.True((await cell.Keeper.DumpAsync(_cells.NewImage("copy"), leave: true, default)).Ok);
        Assert.StartsWith("count 2", await Waiting.GetAsync(_port, "/"));
    }

    [Fact]
    public async Task Dump_WhatCriuCannotTake_IsRefusedWithItsWordsAndServesOn()
    {
        _cells.WriteProgram("watched.py", Counter.Replace("count = 0\n", "count = 0\nimport socket; odd = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)\n", StringComparison.Ordinal));
        await using var cell = await TestCell.CreateAsync(_cells);
        Assert.True((await cell.StartAsync("python3", "/srv/watched.py", $"{_port}")).Ok);
        await Waiting.GetAsync(_port, "/");

        var refused = await cell.Keeper.DumpAsync(_cells.NewImage("i"), leave: false, default);
        Assert.Equal((false, "refused"), (refused.Ok, refused.Kind));
        Assert.Contains("criu: ", refused.Reason);
        Assert.StartsWith("count 2", await Waiting.GetAsync(_port, "/"));
    }

    [Theory]
    [InlineData("pages-1.img")]
    [InlineData("core-100.img")]
    public async Task Restore_DamagedImage_FailsAndEndsTheCell(string file)
    {
        await using var cell = await StartedAsync(0);
        var image = _cells.NewImage("sleep");
        Assert.True((await cell.Keeper.DumpAsync(image, leave: false, default)).Ok);
        using (var damaged = File.OpenWrite(Path.Combine(image, file)))
        {
            damaged.SetLength(damaged.Length / 2);
        }

        var failed = await cell.Keeper.RestoreAsync(image, consume: true, park: false, cell.Logs, default);
        Assert.Equal((false, "image"), (failed.Ok, failed.Kind));
        Assert.Equal(9, (await cell.Keeper.Exited.WaitAsync(TimeSpan.FromSeconds(10))).Signal);
    }

    [Fact]
    public async Task Criu_InTheCell_CannotBeConfiguredByItsFiles()
    {
        // A dump with an action script of the tenant would run that script with full capabilities.
        await using var cell = await StartedAsync(0, "mkdir -p /tmp/.criu; printf 'action-script /bin/false\\n' > /tmp/.criu/default.conf; ");
        var dumped = await cell.Keeper.DumpAsync(_cells.NewImage("i"), leave: true, default);
        Assert.True(dumped.Ok, dumped.Reason);
    }

    /// <summary>The process of init's cell that the kernel lists as waiting for a lock.</summary>
    private static async Task<string> BlockedAtTheLockAsync(int init)
    {
        var space = new FileInfo($"/proc/{init}/ns/pid").LinkTarget;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        while (true)
        {
            var blocked = (await File.ReadAllLinesAsync("/proc/locks", limit.Token)).Where(line => line.Contains("-> FLOCK", StringComparison.Ordinal));
            var pids = blocked.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[5]);
            if (pids.FirstOrDefault(pid => new FileInfo($"/proc/{pid}/ns/pid").LinkTarget == space) is { } found)
            {
                return found;
            }

            await Task.Yield();
        }
    }

    private static int ResidentKiB(string pid) =>
        int.Parse(File.ReadLines($"/proc/{pid}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);

    private static async Task PrepareTmpAsync(TestCell cell)
    {
        var init = (await cell.Keeper.StatusAsync(default)).InitPid;
        await File.WriteAllTextAsync($"/proc/{init}/root/tmp/state", "kept in a file");
    }

    private async Task<TestCell> StartedAsync(int user, string before = "")
    {
        var cell = await TestCell.CreateAsync(_cells, user);
        var started = await cell.StartAsync("sh", "-c", $"{before}exec python3 /srv/counter.py {_port}");
        Assert.True(started.Ok, started.Reason);
        Assert.StartsWith("count 1", await Waiting.GetAsync(_port, "/"));
        return cell;
    }
}
