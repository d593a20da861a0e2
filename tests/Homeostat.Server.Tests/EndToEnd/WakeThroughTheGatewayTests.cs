using System.Net;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Fake;
using Homeostat.Server.Forwarding;
using Homeostat.Server.Tests.Regulation;
using Homeostat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Homeostat.Server.Tests.EndToEnd;

/// <summary>Real bytes through the real gateway, gate and controllers; only the containers are fake.</summary>
public sealed class WakeThroughTheGatewayTests : IAsyncLifetime
{
    private static readonly ServiceName Blog = new("blog");
    private readonly HttpClient _client = new(new SocketsHttpHandler { MaxConnectionsPerServer = 2000, PooledConnectionLifetime = Timeout.InfiniteTimeSpan });
    private BoardScene? _scene;
    private Gateway? _gateway;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_gateway is { } gateway)
        {
            await gateway.DisposeAsync();
        }

        if (_scene is { } scene)
        {
            await scene.DisposeAsync();
        }
    }

    [Fact]
    public async Task AThousandRequestsAtOnce_ToAStoppedService_ShareOneStart()
    {
        var scene = await StartAsync(Specs.Service() with { Scale = new ScaleSpec(Max: 1) });

        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(n => GetAsync($"/{n}"))).Within("a thousand answers", TimeSpan.FromSeconds(60));

        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.Status));
        Assert.Single(scene.Host.Steps, s => s.Step is FakeStep.Clone or FakeStep.Cold);
        Assert.Equal(0, Assert.Single(scene.View.Instances).View.InFlight);
    }

    [Theory]
    [InlineData(Tier.Running, "running")]
    [InlineData(Tier.Frozen, "frozen")]
    [InlineData(Tier.Image, "restored")]
    public async Task EachTier_IsServed_AndToldInServerTiming(Tier tier, string desc)
    {
        var scene = await StartAsync();
        Assert.Contains("count 1", (await GetAsync("/")).Body, StringComparison.Ordinal);
        if (tier != Tier.Running)
        {
            Assert.Null((await scene.Board.SleepAsync(Blog, tier, default).Within("sleep"))!.Failure);
        }

        var answer = await GetAsync("/");

        Assert.Contains($"desc=\"{desc}\"", answer.ServerTiming, StringComparison.Ordinal);
        // The same process goes on, its memory with it.
        Assert.Contains("count 2", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CrashUnderLoad_OnlyWhatWasInFlightFails_AndServiceGoesOn()
    {
        var scene = await StartAsync(options: FakeOptions.Instant);
        var load = Enumerable.Range(0, 20).Select(_ => Task.Run(async () =>
        {
            var seen = new List<HttpStatusCode>();
            for (var n = 0; n < 50; n++)
            {
                seen.Add((await GetAsync("/")).Status);
            }

            return seen;
        })).ToList();
        await scene.Events.WaitForAsync("an instance", e => e.Type is "instance.woken" or "instance.ready");

        scene.Host.Crash(scene.View.Instances.First(i => i.View.Tier == Tier.Running).View.Id, new ExitInfo(null, 11, false));

        var all = (await Task.WhenAll(load).Within("the load")).SelectMany(s => s).ToList();
        Assert.Equal(1000, all.Count);
        Assert.All(all, s => Assert.True(s is HttpStatusCode.OK or HttpStatusCode.BadGateway, s.ToString()));
        // At most what 16 slots held at that moment.
        Assert.InRange(all.Count(s => s == HttpStatusCode.BadGateway), 0, 16);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/")).Status);
    }

    [Theory]
    [InlineData(null, 9, true, false, "killed by signal 9 (out of memory at its limit)", "raise resources.memory.base")]
    [InlineData(3, null, false, false, "exit code 3", "see homeostat logs blog")]
    [InlineData(0, null, false, true, "exit code 0, although it left processes behind", "let it stay in the foreground")]
    public async Task ProgramEndsUnderARequest_TheAnswerTheEventAndTheDecisionSayHow(int? code, int? signal, bool memory, bool left, string how, string remedy)
    {
        var scene = await StartAsync(options: FakeOptions.Instant);
        await GetAsync("/");
        var asked = GetAsync("/slow?ms=60000");
        // Received, not only on its way: that would be tried again with another instance.
        var id = scene.View.Instances[0].View.Id;
        await Waiting.Until(() => Task.FromResult(scene.Host.Requests(id) == 2), "the program has the request");
        scene.Host.Crash(id, new ExitInfo(code, signal, memory, left));

        var answer = await asked.Within("the answer");
        Assert.Equal(HttpStatusCode.BadGateway, answer.Status);
        Assert.Contains($"its program ended before it answered: {how}", Detail(answer.Body), StringComparison.Ordinal);
        Assert.Contains(remedy, Detail(answer.Body), StringComparison.Ordinal);
        var ended = await scene.Events.WaitForAsync("the end", e => e.Type == "instance.ended");
        Assert.Contains(how, ended.Text, StringComparison.Ordinal);
        Assert.Contains(remedy, ended.Text, StringComparison.Ordinal);
        await scene.Events.WaitForAsync("the decision", e => e.Type == "decision.made" && e.Text.Contains(how, StringComparison.Ordinal) && e.Text.Contains(remedy, StringComparison.Ordinal));
    }

    private static string Detail(string problem)
    {
        using var json = System.Text.Json.JsonDocument.Parse(problem);
        return json.RootElement.GetProperty("detail").GetString()!;
    }

    [Fact]
    public async Task DeadBeforeTheRequest_NobodyNotices()
    {
        var scene = await StartAsync(options: FakeOptions.Instant);
        await GetAsync("/");
        for (var n = 0; n < 3; n++)
        {
            scene.Host.Crash(scene.View.Instances[0].View.Id, new ExitInfo(null, 9, true));
            var answer = await GetAsync("/");
            Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"{answer.Status} {answer.Body}");
            // A second crash in a row is answered with the back-off's end.
            if (answer.Status != HttpStatusCode.OK)
            {
                return;
            }
        }
    }

    [Theory]
    [InlineData("exit=3", HttpStatusCode.BadGateway)]
    [InlineData("never-listens", HttpStatusCode.BadGateway)]
    public async Task WhatCannotStart_IsToldPlainly_TheNextTimeWithRetryAfter(string fake, HttpStatusCode status)
    {
        await StartAsync(Specs.Service(fake: fake), FakeOptions.Instant);

        var first = await GetAsync("/");
        var second = await GetAsync("/");

        Assert.Equal((status, HttpStatusCode.ServiceUnavailable), (first.Status, second.Status));
        Assert.NotNull(second.RetryAfter);
    }

    [Fact]
    public async Task NewRevision_UnderLoad_NoRequestIsLost()
    {
        var scene = await StartAsync();
        await GetAsync("/");
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var seen = new List<HttpStatusCode>();
            while (!stop.IsCancellationRequested)
            {
                seen.Add((await GetAsync("/")).Status);
            }

            return seen;
        })).ToList();

        Assert.Null(await scene.Board.ApplyAsync(Specs.Revision(number: 2), default));
        await scene.Events.WaitForAsync("the old one's stop", e => e.Type == "instance.stopped");
        await stop.CancelAsync();

        Assert.All((await Task.WhenAll(load).Within("the load")).SelectMany(s => s), s => Assert.Equal(HttpStatusCode.OK, s));
        Assert.All(await scene.Driver.ListAsync(default), i => Assert.Equal(2, i.Revision.Number));
    }

    [Theory]
    [InlineData(Tier.Frozen, FakeStep.Freeze)]
    [InlineData(Tier.Image, FakeStep.Dump)]
    public async Task PutToSleepAgainAndAgain_UnderLoad_NoRequestIsLost(Tier tier, FakeStep step)
    {
        var scene = await StartAsync(options: FakeOptions.Instant);
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            var served = 0;
            for (; !stop.IsCancellationRequested; served++)
            {
                Assert.Equal(HttpStatusCode.OK, (await GetAsync("/")).Status);
            }

            return served;
        })).ToList();

        // Most tries find it busy; those that don't race with the next request.
        while (scene.Host.Steps.Count(s => s.Step == step) < 20 && !load.Any(l => l.IsFaulted))
        {
            await scene.Board.SleepAsync(Blog, tier, default).Within("an answer");
        }

        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(load).Within("the load"), served => Assert.True(served > 0));
    }

    private async Task<BoardScene> StartAsync(ServiceSpec? spec = null, FakeOptions? options = null)
    {
        _scene = await BoardScene.AppliedAsync(spec, options ?? new FakeOptions());
        _gateway = new Gateway(new GatewayOptions(), _scene.Board.Lookup, TimeProvider.System, NullLoggerFactory.Instance);
        await _gateway.StartAsync([new IPEndPoint(IPAddress.Loopback, 0)], default);
        return _scene;
    }

    private async Task<(HttpStatusCode Status, string Body, string ServerTiming, string? RetryAfter)> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{_gateway!.Endpoints[0]}{path}"));
        request.Headers.Host = "blog.localhost";
        using var response = await _client.SendAsync(request).Within($"an answer to {path}");
        return (
            response.StatusCode, await response.Content.ReadAsStringAsync(),
            response.Headers.TryGetValues("Server-Timing", out var timing) ? string.Join(",", timing) : "", response.Headers.RetryAfter?.ToString());
    }
}
