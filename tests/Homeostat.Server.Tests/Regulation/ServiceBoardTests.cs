using System.Diagnostics;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Fake;
using Homeostat.Server.Forwarding.Contract;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Regulation;

public sealed class ServiceBoardTests
{
    private static readonly ServiceName Blog = new("blog");

    [Fact]
    public async Task Request_ToASleepingService_StartsAClone_AndIsExplained()
    {
        await using var scene = await BoardScene.AppliedAsync();

        var admission = await scene.ServeAsync("GET /cart");

        Assert.Equal((AdmissionKind.Proceed, WakeWay.Restored), (admission.Kind, admission.Wake));
        var answers = scene.Board.Explain(Blog)!.Answers.Select(a => a.Answer).ToList();
        Assert.StartsWith("1 instance runs", answers[0], StringComparison.Ordinal);
        Assert.StartsWith("GET /cart at", answers[1], StringComparison.Ordinal);
        Assert.Contains("clone the template", answers[1], StringComparison.Ordinal);
        Assert.StartsWith("It will at", answers[2], StringComparison.Ordinal);
        Assert.Contains("GET /cart", answers[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AThousandRequests_ShareOneStart_InOrder()
    {
        await using var scene = await BoardScene.AppliedAsync(Specs.Service() with { Scale = new ScaleSpec(Max: 1) }, new FakeOptions());
        var order = new List<int>();
        var all = Enumerable.Range(0, 1000).Select(async n =>
        {
            var admission = await scene.Blog.EnterAsync(0, $"GET /{n}", default);
            Assert.Equal(AdmissionKind.Proceed, admission.Kind);
            lock (order)
            {
                order.Add(n);
            }

            scene.Blog.Return(admission.Instance!, SlotOutcome.Completed);
        }).ToList();

        await Task.WhenAll(all).Within("all requests");

        Assert.Single(scene.Host.Steps, s => s.Step is FakeStep.Clone or FakeStep.Cold);
        Assert.Equal(1000, order.Count);
    }

    [Theory]
    [InlineData(Tier.Frozen, WakeWay.Frozen)]
    [InlineData(Tier.PagedOut, WakeWay.Frozen)]
    [InlineData(Tier.Image, WakeWay.Restored)]
    public async Task Sleep_ThenARequest_WakesTheSameInstance(Tier tier, WakeWay way)
    {
        await using var scene = await BoardScene.AppliedAsync();
        var first = await scene.ServeAsync();

        var slept = await scene.Board.SleepAsync(Blog, tier, default).Within("sleep");
        Assert.Equal((tier, null), (slept!.Tier, slept.Failure));
        var second = await scene.ServeAsync();

        Assert.Equal((way, first.Instance!.Id), (second.Wake, second.Instance!.Id));
    }

    [Fact]
    public async Task Sleep_ToStopped_ThenWake()
    {
        await using var scene = await BoardScene.AppliedAsync();
        await scene.ServeAsync();
        Assert.Equal(Tier.Stopped, (await scene.Board.SleepAsync(Blog, Tier.Stopped, default).Within("stop"))!.Tier);
        Assert.Empty(await scene.Driver.ListAsync(default));

        Assert.Equal(Tier.Running, (await scene.Board.WakeAsync(Blog, default).Within("wake"))!.Tier);
    }

    [Fact]
    public async Task Sleep_WhileARequestIsServed_IsRefused()
    {
        await using var scene = await BoardScene.AppliedAsync();
        var admission = await scene.RequestAsync();

        var outcome = await scene.Board.SleepAsync(Blog, Tier.Image, default).Within("an answer");

        Assert.Equal(Tier.Running, outcome!.Tier);
        Assert.Contains("busy", outcome.Failure!.Message, StringComparison.Ordinal);
        scene.Blog.Return(admission.Instance!, SlotOutcome.Completed);
    }

    [Fact]
    public async Task RestoreFails_TheSameRequest_GetsAColdStart()
    {
        await using var scene = await BoardScene.AppliedAsync(Specs.Service(fake: "restore-fails,clone-fails"));
        await scene.ServeAsync();
        await scene.Board.SleepAsync(Blog, Tier.Image, default).Within("sleep");

        var admission = await scene.ServeAsync();

        Assert.Equal((AdmissionKind.Proceed, WakeWay.Cold), (admission.Kind, admission.Wake));
        Assert.Contains(scene.View.Decisions, d => d.Failure?.Kind == FailureKind.RestoreFailed);
        Assert.Single(await scene.Driver.ListAsync(default));
    }

    [Theory]
    [InlineData("exit=3", "exit code 3")]
    [InlineData("never-listens", "port 8080")]
    public async Task StartFails_TheRequest_IsTold_AndTheNextOneWithoutAnotherStart(string fake, string text)
    {
        await using var scene = await BoardScene.AppliedAsync(Specs.Service(fake: fake));

        var first = await scene.ServeAsync();
        var second = await scene.ServeAsync();

        Assert.Equal((AdmissionKind.StartFailed, AdmissionKind.Unavailable), (first.Kind, second.Kind));
        Assert.Contains(text, first.Detail, StringComparison.Ordinal);
        Assert.InRange(second.RetryAfter.TotalSeconds, 0.1, 1.2);
        Assert.Single(scene.Host.Steps, s => s.Step == FakeStep.Cold);
        Assert.Empty(await scene.Driver.ListAsync(default));
    }

    [Fact]
    public async Task Crash_WhileItServes_TheNextRequest_IsServedByAnother()
    {
        await using var scene = await BoardScene.AppliedAsync();
        var admission = await scene.RequestAsync();
        scene.Host.Crash(admission.Instance!.Id, new ExitInfo(null, 9, true));
        scene.Blog.Return(admission.Instance, SlotOutcome.InstanceFailed);
        await scene.Events.WaitForAsync("the end", e => e.Type == "instance.ended");

        var next = await scene.ServeAsync();

        Assert.NotEqual(admission.Instance.Id, next.Instance!.Id);
        Assert.Contains(scene.View.Decisions, d => d.Trigger == "exit" && d.Reason.Contains("out of memory", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ConnectFails_TheInstanceIsNotGivenAgain_UntilTheDriverSaysItRuns()
    {
        await using var scene = await BoardScene.AppliedAsync();
        var admission = await scene.RequestAsync();

        scene.Blog.Return(admission.Instance!, SlotOutcome.ConnectFailed);

        Assert.Equal(admission.Instance!.Id, (await scene.ServeAsync()).Instance!.Id);
        Assert.Equal(0, scene.View.Instances[0].View.InFlight);
    }

    [Fact]
    public async Task Idle_GoesDownTheWholeLadder_ByTheClock()
    {
        var clock = new VirtualClock();
        var spec = Specs.Service() with { Idle = new IdleSpec(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30)) };
        await using var scene = await BoardScene.AppliedAsync(spec, FakeOptions.Instant, clock);
        await scene.ServeAsync();
        var seen = new List<Tier> { Tier.Running };
        var deadline = Stopwatch.StartNew();
        while (seen[^1] != Tier.Stopped && deadline.Elapsed < Waiting.Deadline)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            // Time stands still until what the step began is over and the next look is armed.
            while (scene.View is { Instances: [var view] } now && (view.View.Operation is not null || now.LookAgainAt <= now.At) && deadline.Elapsed < Waiting.Deadline)
            {
                await Task.Yield();
            }

            if (scene.View.Tier is var tier && tier != seen[^1])
            {
                seen.Add(tier);
            }
        }

        Assert.Equal([Tier.Running, Tier.Frozen, Tier.Image, Tier.Stopped], seen);
        await scene.Events.WaitForAsync("the stop", e => e.Type == "instance.stopped");
        var idle = scene.View.Decisions.Where(d => d.Trigger == "idle").Select(d => d.Action);
        Assert.Equal(["freeze", "image", "stop"], idle);
        Assert.Empty(await scene.Driver.ListAsync(default));
    }

    [Fact]
    public async Task NewRevision_TakesOver_WhileTheOldOneFinishes()
    {
        await using var scene = await BoardScene.AppliedAsync();
        var old = await scene.RequestAsync();

        Task<Admission>? entering = null;
        scene.AtOnce = e => entering ??= e.Text.StartsWith("drain", StringComparison.Ordinal) ? scene.ServeAsync() : null;

        Assert.Null(await scene.Board.ApplyAsync(Specs.Revision(number: 2), default));
        await scene.Events.WaitForAsync("drain", e => e.Text.StartsWith("drain", StringComparison.Ordinal));
        // From the moment at which it is said to drain, no request gets to it.
        var next = await entering!;
        Assert.NotEqual(old.Instance!.Id, next.Instance!.Id);

        scene.Blog.Return(old.Instance, SlotOutcome.Completed);
        await scene.Events.WaitForAsync("the old one's stop", e => e.Type == "instance.stopped" && e.Instance == old.Instance.Id);
        Assert.Equal(2, Assert.Single(await scene.Driver.ListAsync(default)).Revision.Number);
    }

    [Fact]
    public async Task Remove_LeavesNothing_AndTheHostIsUnknown()
    {
        await using var scene = await BoardScene.AppliedAsync();
        await scene.ServeAsync();

        await scene.Board.RemoveAsync(Blog, default).Within("removal");

        Assert.Null(scene.Board.Lookup("blog.localhost", "/"));
        Assert.Empty(await scene.Driver.ListAsync(default));
        Assert.Null(scene.Driver.Describe(new RevisionId(Blog, 1)));
        Assert.Null(await scene.Board.ApplyAsync(Specs.Revision(number: 2), default));
        Assert.Equal(AdmissionKind.Proceed, (await scene.ServeAsync()).Kind);
    }

    [Fact]
    public async Task Apply_WhatCannotRunHere_ChangesNothing()
    {
        await using var scene = await BoardScene.AppliedAsync();

        var failure = await scene.Board.ApplyAsync(Specs.Revision(Specs.Service(fake: "not-found"), 2), default);
        var claimed = await scene.Board.ApplyAsync(Specs.Revision(Specs.Service("shop") with { Routes = [new("blog.localhost")] }), default);

        Assert.Equal(FailureKind.CommandNotFound, failure!.Kind);
        Assert.Contains("belongs to blog", claimed!.Message, StringComparison.Ordinal);
        Assert.Equal(1, scene.View.Revision.Id.Number);
    }

    [Fact]
    public async Task KilledPlatform_TheNextOne_AdoptsWhatRuns_AndStopsStrangers()
    {
        await using var host = new FakeHost();
        InstanceId id;
        await using (var first = new BoardScene(host: host))
        {
            await first.Board.StartAsync([], default);
            await first.Board.ApplyAsync(Specs.Revision(), default);
            await first.Board.ApplyAsync(Specs.Revision(Specs.Service("shop")), default);
            id = (await first.ServeAsync()).Instance!.Id;
            await first.Board.WakeAsync(new ServiceName("shop"), default).Within("shop");
        }

        await using var next = new BoardScene(host: host, generation: 1_000_000);
        await next.Board.StartAsync([Specs.Revision()], default);

        var admission = await next.ServeAsync();
        Assert.Equal((id, WakeWay.Running), (admission.Instance!.Id, admission.Wake));
        Assert.Equal(id, Assert.Single(await next.Driver.ListAsync(default)).Id);
    }

    [Fact]
    public async Task StopAll_LeavesImagesOnly_AndTheNextStartTakesThemUp()
    {
        await using var host = new FakeHost();
        InstanceId id;
        await using (var first = new BoardScene(host: host))
        {
            await first.Board.StartAsync([], default);
            await first.Board.ApplyAsync(Specs.Revision(), default);
            id = (await first.ServeAsync()).Instance!.Id;
            await first.Board.StopAllAsync(default).Within("a clean stop");
            Assert.All(await first.Driver.ListAsync(default), i => Assert.Equal((Tier.Image, null), (i.Tier, i.Pid)));
        }

        await using var next = new BoardScene(host: host, generation: 1_000_000);
        await next.Board.StartAsync([Specs.Revision()], default);
        var admission = await next.ServeAsync();
        Assert.Equal((id, WakeWay.Restored), (admission.Instance!.Id, admission.Wake));
    }

    [Fact]
    public async Task Saturated_MoreInstancesStart_UpToMax()
    {
        var spec = Specs.Service() with { Scale = new ScaleSpec(Max: 3, ConcurrencyTarget: 1, ConcurrencyLimit: 1) };
        await using var scene = await BoardScene.AppliedAsync(spec);
        var all = Enumerable.Range(0, 4).Select(_ => scene.Blog.EnterAsync(0, "GET /slow", default).AsTask()).ToList();

        var served = new List<Task<Admission>>();
        while (served.Count < 3)
        {
            served.Add(await Task.WhenAny(all.Except(served)).Within("three served at once"));
        }

        Assert.Equal(3, served.Select(s => s.Result.Instance!.Id).Distinct().Count());
        Assert.Equal(3, scene.View.Instances.Count);
        scene.Blog.Return((await served[0]).Instance!, SlotOutcome.Completed);
        Assert.Equal(AdmissionKind.Proceed, (await all.Except(served).Single().Within("the fourth")).Kind);
    }

    [Fact]
    public async Task Min_IsKeptRunning_AndReplacedAfterACrash()
    {
        await using var scene = await BoardScene.AppliedAsync(Specs.Service() with { Scale = new ScaleSpec(Min: 1) }, template: false);
        var ready = await scene.Events.WaitForAsync("the minimum", e => e.Type is "instance.ready" or "instance.woken");

        Assert.True(scene.Host.Crash(ready.Instance!.Value, new ExitInfo(1, null, false)));

        await scene.Events.WaitForAsync("another", e => e.Type is "instance.ready" or "instance.woken" && e.Instance != ready.Instance);
    }

    [Fact]
    public async Task WhoeverHearsOfAnInstance_FindsItInTheView()
    {
        await using var scene = await BoardScene.AppliedAsync(Specs.Service(), template: false);
        var seen = new EventWaiter<(string Type, Tier? Tier)>("views");
        scene.AtOnce = e =>
        {
            if (e.Instance is { } id && e.Type.StartsWith("instance.", StringComparison.Ordinal))
            {
                seen.Add((e.Type, scene.View.Instances.FirstOrDefault(i => i.View.Id == id)?.View.Tier));
            }
        };

        await scene.ServeAsync();
        var made = await seen.WaitForAsync("the start", v => v.Type is "instance.ready" or "instance.woken");
        await scene.Board.SleepAsync(new ServiceName("blog"), Tier.Image, default);
        var slept = await seen.WaitForAsync("the sleep", v => v.Type == "instance.slept");
        await scene.Board.SleepAsync(new ServiceName("blog"), Tier.Stopped, default);
        var stopped = await seen.WaitForAsync("the stop", v => v.Type == "instance.stopped");

        Assert.Equal((Tier.Running, Tier.Image, null), (made.Tier, slept.Tier, stopped.Tier));
    }

    [Fact]
    public async Task Wake_TheWayFromTheRequestToTheDriver_IsShort()
    {
        await using var scene = await BoardScene.AppliedAsync();
        await scene.ServeAsync();
        var took = new List<double>();
        for (var n = 0; n < 300; n++)
        {
            await scene.Board.SleepAsync(Blog, Tier.Frozen, default).Within("sleep");
            var called = 0L;
            scene.Host.Fault = (step, _, _) =>
            {
                called = step == FakeStep.Thaw ? Stopwatch.GetTimestamp() : called;
                return null;
            };
            var began = Stopwatch.GetTimestamp();
            await scene.ServeAsync();
            took.Add(Stopwatch.GetElapsedTime(began, called).TotalMicroseconds);
        }

        took.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine($"request to driver, us: p50 {took[150]:0}, p95 {took[285]:0}");
        // The goal is 100 us at the median; a busy test machine gets ten times that.
        Assert.True(took[150] < 1000, $"median {took[150]:0} us");
    }
}
