using System.Diagnostics;
using System.Globalization;
using Homeostat.Client;
using Homeostat.Drivers.Runtime.Oci;
using Homeostat.Drivers.Runtime.Oci.Host;
using Homeostat.Drivers.Runtime.Oci.Sweep;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.EndToEnd;

/// <summary>
/// <c>kill -9</c> of the whole platform, with real containers and criu, in the middle of something: what an instance has in memory is not lost, never comes back twice,
/// and after a clean stop nothing is left.
/// </summary>
public sealed class KilledPlatformTests : IAsyncLifetime
{
    /// <summary>Counts, and is so large that there is a middle of its dump.</summary>
    private const string Service = """
        service: counting
        host: true
        command:
          - /usr/bin/python3
          - -c
          - |
            import http.server, os
            memory = bytearray(96 << 20)
            for page in range(0, len(memory), 4096): memory[page] = 1
            count = 0
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    global count
                    count += 1
                    body = str(count).encode()
                    self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
                def log_message(self, *a): pass
            http.server.ThreadingHTTPServer(('0.0.0.0', int(os.environ['PORT'])), Handler).serve_forever()
        port: 8080
        resources: { memory: { base: 512Mi } }
        """;

    private readonly string _data = Directory.CreateTempSubdirectory("hs-kill-").FullName;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero });
    private Process? _platform;

    private DataPaths Paths => new(_data);

    public async ValueTask InitializeAsync()
    {
        var checks = await HostProbe.CheckAsync(new() { DataDirectory = _data }, default);
        Assert.SkipUnless(checks.All(check => check.Outcome != CheckOutcome.Failed) && checks.Any(check => check is { Name: "criu", Outcome: CheckOutcome.Ok }), "no containers or no process images on this host");
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_platform is { HasExited: false } platform)
        {
            platform.Kill();
            await platform.WaitForExitAsync();
        }

        _platform?.Dispose();
        _http.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task WhileItDumps_TheInstanceGoesOnFromThatImage()
    {
        await ApplyAsync();
        Assert.Equal(1, await CountAsync());

        using var client = new HomeostatClient(ServerAddress.OfData(_data));
        var sleeping = client.SleepAsync(null, "counting", null, null, default);
        await KillAsync(() => IsBegun(Paths.MemoryImages, "new.sleep.*"));
        await Assert.ThrowsAnyAsync<Exception>(() => sleeping);

        await StartAsync();
        Assert.Equal(2, await CountAsync());
        await StopAsync();
    }

    [Fact]
    public async Task WhileItRestores_TheInstanceRuns()
    {
        await ApplyAsync();
        Assert.Equal(1, await CountAsync());
        using (var client = new HomeostatClient(ServerAddress.OfData(_data)))
        {
            await client.SleepAsync(null, "counting", null, null, default);
        }

        // Its image leaves the slot of its cell when the keeper is through.
        var slots = Path.Combine(Paths.MemoryImages, "cells");
        Assert.True(IsBegun(slots, "*"));
        var asked = CountAsync();
        await KillAsync(() => true);
        await Assert.ThrowsAnyAsync<Exception>(() => asked);

        await StartAsync();
        // The one that was cut off may have been counted.
        Assert.InRange(await CountAsync(), 2, 3);
        await StopAsync();
    }

    [Fact]
    public async Task WhileACleanStopWritesImagesToTheDisk_TheInstanceGoesOnFromOneOfThem()
    {
        await ApplyAsync();
        Assert.Equal(1, await CountAsync());

        using (var kill = Process.Start("kill", ["-TERM", Id(_platform!)]))
        {
            await KillAsync(() => IsBegun(Paths.Images, "new.sleep.*"));
        }

        await StartAsync();
        Assert.Equal(2, await CountAsync());
        await StopAsync();
        await StartAsync();
        Assert.Equal(3, await CountAsync());
        await StopAsync();
    }

    [Fact]
    public async Task WhileATemplateIsMade_ItIsMadeAgain()
    {
        using (var client = new HomeostatClient(ServerAddress.OfData(_data)))
        {
            await client.ApplyAsync("default", "counting", Service, null, false, default);
        }

        await KillAsync(() => IsBegun(Paths.MemoryImages, "new.template.*"));

        await StartAsync();
        Assert.Equal(1, await CountAsync());
        await StopAsync();
    }

    /// <summary>With its template: nothing else is under way then.</summary>
    private async Task ApplyAsync()
    {
        using var client = new HomeostatClient(ServerAddress.OfData(_data));
        await client.ApplyAsync("default", "counting", Service, null, false, default);
        await client.CheckpointAsync(null, "counting", null, default, keep: true).Within("the template");
    }

    private static bool IsBegun(string folder, string name) =>
        Directory.Exists(folder) && Directory.EnumerateFiles(folder, "pages-1.img", SearchOption.AllDirectories)
            .Any(pages => new FileInfo(pages) is { Exists: true, Length: > 0 } && (name == "*" || Path.GetFileName(Path.GetDirectoryName(pages))!.StartsWith(name[..^1], StringComparison.Ordinal)));

    private async Task<int> CountAsync()
    {
        using var client = new HomeostatClient(ServerAddress.OfData(_data));
        var gateway = (await client.VersionAsync(default)).Gateway[0];
        using var request = new HttpRequestMessage(HttpMethod.Get, gateway) { Headers = { Host = "counting.localhost" } };
        using var answer = await _http.SendAsync(request).Within("an answer");
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        return int.Parse(body, CultureInfo.InvariantCulture);
    }

    private async Task KillAsync(Func<bool> isInTheMiddle)
    {
        await Task.Run(() => Assert.True(SpinWait.SpinUntil(isInTheMiddle, Waiting.Deadline), "the moment to kill it did not come"));
        _platform!.Kill();
        await _platform.WaitForExitAsync().Within("its end");
        _platform.Dispose();
    }

    private async Task StartAsync()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var argument in new[] { Path.Combine(AppContext.BaseDirectory, "homeostat.dll"), "up", "--data", _data, "--listen", "127.0.0.1:0", "--admin", "none" })
        {
            start.ArgumentList.Add(argument);
        }

        _platform = Process.Start(start)!;
        var line = await _platform.StandardOutput.ReadLineAsync().Within("the line 'ready'");
        Assert.StartsWith("ready ", line, StringComparison.Ordinal);
    }

    /// <summary>Cleanly, and nothing is left.</summary>
    private async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", Id(_platform!)]);
        await _platform!.WaitForExitAsync().Within("a clean stop");
        Assert.Equal(0, _platform.ExitCode);
        Assert.Empty(await LeakCheck.FindAsync(new() { DataDirectory = _data }, default));
        Assert.False(Directory.Exists(Paths.Volatile));
    }

    private static string Id(Process process) => process.Id.ToString(CultureInfo.InvariantCulture);
}
