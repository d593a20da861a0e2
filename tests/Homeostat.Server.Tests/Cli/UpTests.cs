using System.Diagnostics;
using Homeostat.Client;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Cli;

/// <summary>The real process: what scripts wait for, and what a kill leaves.</summary>
public sealed class UpTests
{
    [Fact]
    public async Task Up_KilledAndStartedAgain_KnowsItsServices()
    {
        using var data = new TempFolder();
        using (var first = await StartAsync(data.Path))
        {
            using var client = new HomeostatClient(ServerAddress.OfData(data.Path));
            await client.ApplyAsync("default", "blog", PlatformScene.Blog, null, false, default);
            first.Kill();
            await first.WaitForExitAsync().Within("its end");
        }

        using var second = await StartAsync(data.Path);
        using var again = new HomeostatClient(ServerAddress.OfData(data.Path));
        Assert.Equal("blog", Assert.Single(await again.ServicesAsync(null, default)).Service);
        second.Kill();
        await second.WaitForExitAsync().Within("its end");
    }

    /// <summary>The library of the command line would end the process two seconds after the signal.</summary>
    [Fact]
    public async Task Up_AskedToStop_WaitsForRequestsThatTakeSeconds()
    {
        using var data = new TempFolder();
        using var platform = await StartAsync(data.Path);
        using var client = new HomeostatClient(ServerAddress.OfData(data.Path));
        await client.ApplyAsync("default", "blog", PlatformScene.Blog, null, false, default);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{(await client.VersionAsync(default)).Gateway[0]}/slow?ms=4000") { Headers = { Host = "blog.localhost" } };
        var answer = http.SendAsync(request);
        while (!(await client.InstancesAsync(null, null, default)).Any(instance => instance.InFlight > 0))
        {
            Assert.False(answer.IsCompleted);
        }

        using var kill = Process.Start("kill", ["-TERM", $"{platform.Id}"]);

        Assert.True((await answer.Within("the slow answer")).IsSuccessStatusCode);
        var said = await platform.StandardOutput.ReadToEndAsync().Within("its last words");
        await platform.WaitForExitAsync().Within("its end");
        Assert.Equal(0, platform.ExitCode);
        Assert.Contains("\n  requests are still being answered\n", said, StringComparison.Ordinal);
    }

    private static async Task<Process> StartAsync(string data)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var argument in new[] { Path.Combine(AppContext.BaseDirectory, "homeostat.dll"), "up", "--driver", "fake", "--data", data, "--listen", "127.0.0.1:0", "--admin", "none" })
        {
            start.ArgumentList.Add(argument);
        }
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync().Within("the line 'ready'");
        Assert.StartsWith("ready ", line, StringComparison.Ordinal);
        return process;
    }
}
