using System.Net;
using System.Text;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Api;

public sealed class ActionEndpointsTests
{
    [Theory]
    [InlineData("frozen")]
    [InlineData("image")]
    [InlineData("stopped")]
    public async Task Sleep_ThenWake_ReachesTheTierBothWays(string tier)
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);
        Assert.Equal("running", (await scene.Client.WakeAsync(null, "blog", null, default)).Tier);

        Assert.Equal(tier, (await scene.Client.SleepAsync(null, "blog", tier, null, default)).Tier);
        Assert.Equal(tier, (await scene.Client.ServicesAsync(null, default))[0].Tier);
        Assert.Equal("running", (await scene.Client.WakeAsync(null, "blog", null, default)).Tier);
    }

    [Fact]
    public async Task Checkpoint_AnswersWithTheImage()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);

        var taken = await scene.Client.CheckpointAsync(null, "blog", null, default);

        Assert.Equal(("ready", 1), (taken.Images.Template, taken.Revision));
        Assert.True(taken.Images.TemplateBytes > 0);
    }

    [Fact]
    public async Task Checkpoint_OfWhatCannotBeDumped_SaysWhyAndWhatToDo()
    {
        await using var scene = await PlatformScene.StartAsync();
        await scene.ApplyAsync(PlatformScene.Blog + "env: { FAKE: dump-fails }\n");

        var problem = await ServiceEndpointsTests.RefusedAsync(() => scene.Client.CheckpointAsync(null, "blog", null, default));

        Assert.Equal(("tier-not-reached", 422), (problem.Code, problem.Status));
        Assert.Contains("checkpoint: { mode: off }", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wake_OfAProgramThatEnds_SaysSo()
    {
        await using var scene = await PlatformScene.StartAsync();
        await scene.ApplyAsync(PlatformScene.Blog + "env: { FAKE: exit=3 }\n");

        var problem = await ServiceEndpointsTests.RefusedAsync(() => scene.Client.WakeAsync(null, "blog", null, default));

        Assert.Equal(("start-failed", 502), (problem.Code, problem.Status));
        Assert.Contains("exit code 3", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wake_WithTooLittleTime_TimesOut()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);

        var problem = await ServiceEndpointsTests.RefusedAsync(() => scene.Client.WakeAsync(null, "blog", TimeSpan.FromMilliseconds(1), default));

        Assert.Equal(("timed-out", 504), (problem.Code, problem.Status));
    }

    [Theory]
    [InlineData(":sleep", "{\"to\":\"bed\"}")]
    [InlineData(":sleep", "{\"to\":")]
    [InlineData(":sleep", "[]")]
    [InlineData(":wake?timeout=soon", "")]
    [InlineData(":wake?timeout=2h", "")]
    public async Task Post_NotUnderstood_IsRefused(string action, string body)
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);

        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await scene.Admin.PostAsync("v1/tenants/-/services/blog" + action, content);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Post_UnknownService_IsNotFound()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);

        var problem = await ServiceEndpointsTests.RefusedAsync(() => scene.Client.WakeAsync(null, "nope", null, default).Within("an answer"));

        Assert.Equal(("no-such-service", "There are: blog."), (problem.Code, problem.Remedy));
    }
}
