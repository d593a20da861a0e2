using Homeostat.Client.Wire;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Api;

public sealed class FollowEndpointsTests
{
    [Fact]
    public async Task Events_Followed_ResumeAfterTheLastSeen()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);
        var seen = new EventWaiter<EventInfo>("events");
        using var stop = new CancellationTokenSource();
        var following = FollowAsync(null, seen, stop.Token);
        var applied = await seen.WaitForAsync("the apply", e => e.Type == "service.applied");

        await scene.Client.WakeAsync(null, "blog", null, default);
        var ready = await seen.WaitForAsync("the start", e => e.Type is "instance.ready" or "instance.woken");
        await stop.CancelAsync();
        await following;

        var later = new List<EventInfo>();
        await foreach (var happened in scene.Client.EventsAsync(applied.Id, follow: false, default))
        {
            later.Add(happened);
        }
        Assert.Contains(later, e => e.Id == ready.Id);
        Assert.DoesNotContain(later, e => e.Id == applied.Id);

        async Task FollowAsync(string? after, EventWaiter<EventInfo> to, CancellationToken cancel)
        {
            try
            {
                await foreach (var happened in scene.Client.EventsAsync(after, follow: true, cancel))
                {
                    to.Add(happened);
                }
            }
            catch (OperationCanceledException)
            {
                // The test has seen enough.
            }
        }
    }

    [Fact]
    public async Task Logs_Followed_ShowLinesOfInstancesThatComeLater()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);
        var seen = new EventWaiter<LogInfo>("lines");
        using var stop = new CancellationTokenSource();
        var following = FollowAsync(stop.Token);

        (await scene.RequestAsync()).Dispose();

        var line = await seen.WaitForAsync("a line", _ => true);
        Assert.StartsWith("blog-", line.Instance, StringComparison.Ordinal);
        await stop.CancelAsync();
        await following;

        async Task FollowAsync(CancellationToken cancel)
        {
            try
            {
                await foreach (var next in scene.Client.LogsAsync(null, "blog", null, 10, follow: true, cancel))
                {
                    seen.Add(next);
                }
            }
            catch (OperationCanceledException)
            {
                // The test has seen enough.
            }
        }
    }

    [Fact]
    public async Task Logs_AsText_AreALineEach()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);
        (await scene.RequestAsync()).Dispose();

        using var answer = await scene.Admin.GetAsync("v1/tenants/-/services/blog/logs?tail=1");

        Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\S+Z blog-\S+ .+\n$", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("tail=-1", 400)]
    [InlineData("tail=x", 400)]
    [InlineData("tail=100001", 400)]
    [InlineData("tail=100000", 200)]
    [InlineData("instance=blog-nope", 404)]
    public async Task Logs_OutOfRange_AreRefused(string query, int status)
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);

        using var answer = await scene.Admin.GetAsync($"v1/tenants/-/services/blog/logs?{query}");

        Assert.Equal(status, (int)answer.StatusCode);
    }
}
