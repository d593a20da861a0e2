using Homeostat.Core.Activation;
using Homeostat.Core.Regulation;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Server.Activation;
using Homeostat.Server.Forwarding.Contract;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Activation;

public sealed class ServiceUpstreamTests
{
    private readonly VirtualClock _time = new();
    private readonly SteadyClock _clock;
    private readonly GateCounters _counters = new();
    private readonly ServiceUpstream _upstream;
    private int _signals;

    public ServiceUpstreamTests()
    {
        _clock = new SteadyClock(_time);
        _upstream = new ServiceUpstream(new ServiceName("blog"), new GateLimits(3, 100, TimeSpan.FromSeconds(10)), _clock, _counters, () => _signals++, (_, _) => { });
    }

    [Fact]
    public async Task Enter_OnceAnInstanceIsPublished_IsServedAndToldTheWake()
    {
        var waiting = Enter();
        Assert.Equal(1, _signals);
        _time.Advance(TimeSpan.FromMilliseconds(12));

        _upstream.Publish([Instance(WakeWay.Restored, TimeSpan.FromMilliseconds(9))], 1);

        var admission = await waiting.Within("the admission");
        Assert.Equal((AdmissionKind.Proceed, WakeWay.Restored, 12.0, 9.0), (admission.Kind, admission.Wake, Ms(admission.Gate), Ms(admission.WakeTime)));
    }

    [Fact]
    public async Task TryTake_WhileAnybodyWaits_DoesNotOvertake_AndOrderIsKept()
    {
        var instance = Instance(limit: 1);
        _upstream.Publish([instance], 1);
        Assert.True(_upstream.TryTake(out _));
        var (first, second) = (Enter(), Enter());
        Assert.False(_upstream.TryTake(out _));

        _upstream.Return(instance, SlotOutcome.Completed);
        Assert.Equal(WakeWay.Running, (await first.Within("the first")).Wake);
        Assert.False(second.IsCompleted);
        _upstream.Return(instance, SlotOutcome.Completed);
        await second.Within("the second");
    }

    [Fact]
    public async Task Full_ByCountAndByBytes_AtOnce_WithRetryAfter()
    {
        _upstream.History.Add(WakeWay.Cold, TimeSpan.FromSeconds(3));
        var waiting = Enumerable.Range(0, 3).Select(_ => Enter()).ToList();
        Assert.DoesNotContain(waiting, w => w.IsCompleted);
        var full = await Enter();
        Assert.Equal((AdmissionKind.Full, TimeSpan.FromSeconds(3)), (full.Kind, full.RetryAfter));
        Assert.Contains(new("count", 1), _counters.Rejected);
    }

    [Fact]
    public async Task Expire_AnswersTimedOut_AtTheHoldTime()
    {
        var waiting = Enter();
        _time.Advance(TimeSpan.FromSeconds(10.001));
        _upstream.Expire();

        Assert.Equal(AdmissionKind.TimedOut, (await waiting.Within("the answer")).Kind);
    }

    [Fact]
    public async Task Aborted_LeavesItsPlace()
    {
        using var abort = new CancellationTokenSource();
        var waiting = Enter(abort.Token);
        await abort.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, _upstream.Snapshot().Waiting);
    }

    [Fact]
    public async Task Refuse_AnswersThoseTheVerdictIsAbout()
    {
        var early = Enter();
        var (_, last, _) = _upstream.Observe();
        var late = Enter();

        _upstream.Refuse(new GateVerdict(true, new Failure(FailureKind.ProgramExited, "exit code 3", "look at its logs"), TimeSpan.FromSeconds(4)), last);

        var answer = await early.Within("the answer");
        Assert.Equal((AdmissionKind.StartFailed, TimeSpan.FromSeconds(4), "exit code 3; look at its logs"), (answer.Kind, answer.RetryAfter, answer.Detail));
        Assert.False(late.IsCompleted);
        Assert.Equal(2, _signals);
    }

    [Fact]
    public void TryTake_GivesTheOneThatServesSoonest_UpToTheTargets_ThenToTheLimits()
    {
        var (a, b) = (Instance(target: 2, limit: 3), Instance(target: 2, limit: 3));
        _upstream.Publish([a, b], 2);

        Assert.Equal([a, b, a, b, a, b, null], Take(7));
    }

    [Fact]
    public void TryTake_AReserve_OnlyWhenTheOthersAreAtTheirTargets()
    {
        var (a, b) = (Instance(target: 2, limit: 3), Instance(target: 2, limit: 3));
        _upstream.Publish([a, b], 1);

        Assert.Equal([a, a, b, b, a, b, null], Take(7));
    }

    [Fact]
    public void TryTake_TheSlowerOne_GetsFewer()
    {
        var (quick, slow) = (Instance(target: 8, limit: 8), Instance(target: 8, limit: 8));
        _upstream.Publish([quick, slow], 2);
        Serve(quick, 10);
        Serve(slow, 30);

        Assert.Equal([quick, quick, quick, slow], Take(4).Order(Comparer<UpstreamInstance?>.Create((x, _) => x == quick ? -1 : 1)));
    }

    [Fact]
    public void TryTake_BeyondTheTargets_TellsTheControllerOnce_UntilItHasLooked()
    {
        _upstream.Publish([Instance(target: 2, limit: 8)], 1);
        Take(2);
        Assert.Equal(0, _signals);

        Take(3);
        Assert.Equal(1, _signals);

        // It has looked, and more came meanwhile than it saw: it is told again.
        _upstream.EndAttention();
        Assert.Equal(2, _signals);
    }

    private List<UpstreamInstance?> Take(int count) => [.. Enumerable.Range(0, count).Select(_ => _upstream.TryTake(out var i) ? i : null)];

    private void Serve(UpstreamInstance instance, double milliseconds)
    {
        Assert.True(ServiceUpstream.SeatOf(instance).TryTake(1));
        _upstream.Return(instance, SlotOutcome.Completed, TimeSpan.FromMilliseconds(milliseconds));
    }

    /// <summary>Requests come and go on all cores: every one is served, never more than the limit at once, and none waits for ever.</summary>
    [Fact]
    public async Task Stress_NoWakeUpIsLost()
    {
        var upstream = new ServiceUpstream(new ServiceName("blog"), GateLimits.Default, _clock, _counters, () => { }, (_, _) => { });
        upstream.Publish([Instance(limit: 2), Instance(limit: 2)], 2);
        var (inside, most, served) = (0, 0, 0);
        var clients = Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            for (var n = 0; n < 3000; n++)
            {
                if (!upstream.TryTake(out var instance))
                {
                    instance = (await upstream.EnterAsync(0, "GET /", default)).Instance!;
                }

                var now = Interlocked.Increment(ref inside);
                InterlockedMax(ref most, now);
                if (n % 7 == 0)
                {
                    await Task.Yield();
                }

                Interlocked.Decrement(ref inside);
                Interlocked.Increment(ref served);
                upstream.Return(instance, SlotOutcome.Completed);
            }
        }));

        await Task.WhenAll(clients).Within($"all requests served");
        Assert.Equal((48_000, true), (served, most <= 4));
    }

    private static void InterlockedMax(ref int most, int now)
    {
        for (var seen = Volatile.Read(ref most); now > seen;)
        {
            var before = Interlocked.CompareExchange(ref most, now, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    private static double Ms(TimeSpan time) => Math.Round(time.TotalMilliseconds, 1);

    private Task<Admission> Enter(CancellationToken aborted = default) => _upstream.EnterAsync(10, "GET /", aborted).AsTask();

    private UpstreamInstance Instance(WakeWay way = WakeWay.Running, TimeSpan took = default, int target = 8, int limit = 16) =>
        new(new InstanceId("i"), _ => throw new NotSupportedException())
        {
            Seat = new Seat(target, limit, _clock) { Way = way, Took = took, ReadyAt = _clock.Now },
        };
}
