using System.Net;
using Homeostat.Server.Hosting;
using Homeostat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Homeostat.Server.Tests.Hosting;

public sealed class PlatformTests
{
    [Fact]
    public async Task Start_AfterAnEndWithoutGoodbye_AdoptsWhatRuns()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);
        (await scene.RequestAsync()).Dispose();
        var before = Assert.Single(await scene.Client.InstancesAsync(null, null, default));

        // Like a kill: nothing is stopped.
        await scene.Platform.DisposeAsync();
        await scene.RestartAsync();

        var after = Assert.Single(await scene.Client.InstancesAsync(null, null, default));
        Assert.Equal((before.Id, before.Pid, "running"), (after.Id, after.Pid, after.Tier));
        using var answer = await scene.RequestAsync();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Stop_Clean_LeavesNoProcessAndRefusesRequests()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);
        (await scene.RequestAsync()).Dispose();

        await scene.Platform.StopAsync(CancellationToken.None).Within("a clean stop");

        await Assert.ThrowsAsync<HttpRequestException>(() => scene.RequestAsync());
        Assert.False(File.Exists(Path.Combine(scene.Data, "admin.sock")));
        await scene.RestartAsync();
        Assert.All(await scene.Client.InstancesAsync(null, null, default), i => Assert.Null(i.Pid));
    }

    [Fact]
    public async Task Start_OnHeldData_IsRefusedAndHarmless()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);
        var options = new PlatformOptions { Data = scene.Data, Listen = [new IPEndPoint(IPAddress.Loopback, 0)], Admin = null, Driver = DriverKind.Fake };

        var refused = await Assert.ThrowsAsync<PlatformException>(() => Platform.StartAsync(options, TimeProvider.System, NullLoggerFactory.Instance, default));

        Assert.Contains($"process id {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
        using var answer = await scene.RequestAsync();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Start_OnATakenPort_SaysSoAndLetsTheDataGo()
    {
        await using var scene = await PlatformScene.StartAsync();
        using var data = new TempFolder();
        var options = new PlatformOptions { Data = data.Path, Listen = [scene.Platform.Gateway[0]], Admin = null, Driver = DriverKind.Fake };

        var refused = await Assert.ThrowsAsync<PlatformException>(() => Platform.StartAsync(options, TimeProvider.System, NullLoggerFactory.Instance, default));
        Assert.Contains("address already in use", refused.Message, StringComparison.Ordinal);

        var other = options with { Listen = [new IPEndPoint(IPAddress.Loopback, 0)] };
        await using var platform = await Platform.StartAsync(other, TimeProvider.System, NullLoggerFactory.Instance, default);
        Assert.Null(platform.Admin);
    }

    [Fact]
    public async Task Start_WithTooLongADataPath_SaysSo()
    {
        using var data = new TempFolder();
        var options = new PlatformOptions { Data = Path.Combine(data.Path, new string('x', 100)), Listen = [new IPEndPoint(IPAddress.Loopback, 0)], Admin = null, Driver = DriverKind.Fake };

        var refused = await Assert.ThrowsAsync<PlatformException>(() => Platform.StartAsync(options, TimeProvider.System, NullLoggerFactory.Instance, default));

        Assert.Contains("too long for a unix socket", refused.Message, StringComparison.Ordinal);
    }
}
