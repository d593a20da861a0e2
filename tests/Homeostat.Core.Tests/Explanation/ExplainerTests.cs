using Homeostat.Core.Explanation;
using Homeostat.Core.Regulation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Regulation.Tiers;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Core.Tests.Explanation;

public sealed class ExplainerTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly RevisionId Blog = new(new ServiceName("blog"), 1);

    [Fact]
    public void Nothing_HappenedYet() => Answers(
        Service(),
        "It is not running. Nobody asked for it yet.",
        "Nobody, since the platform started.",
        "It has: stopped.",
        "None has waited since the platform started.");

    [Fact]
    public void Running_AndIdle() => Answers(
        Service(Instance(Tier.Running, 0, 4)) with
        {
            Decisions = [new Decision(Now.AddSeconds(-9), "start", "1 waiting, none running", "GET /cart", [new("way", "cold")], ["clone: the template is not made yet"], null)],
            LastWait = new WaitRecord(Now.AddSeconds(-9), "GET /cart", "served", TimeSpan.FromMilliseconds(120), TimeSpan.FromMilliseconds(110), WakeWay.Cold, new InstanceId("blog-1")),
        },
        "1 instance runs: the last work ended 4 s ago, it is frozen after 10 s.",
        "GET /cart at 11:59:51: 1 waiting, none running. Way: cold, because clone: the template is not made yet.",
        "It will at 12:00:06 if nothing comes.",
        "GET /cart at 11:59:51 waited 120 ms; the cold start of blog-1 took 110 ms.");

    [Fact]
    public void Busy()
    {
        var answers = Explainer.Explain(Service(Instance(Tier.Running, 2, 4))).Answers;
        Assert.Equal("1 instance runs: 2 requests or streams are in flight.", answers[0].Answer);
        Assert.StartsWith("It works: 2 in flight", answers[2].Answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Asleep_AndFailing()
    {
        var slept = new Decision(Now.AddMinutes(-5), "image", "idle for 300 s", "idle", [], [], null);
        Assert.Equal("It is not running. Put to sleep as an image at 11:55:00: idle for 300 s (idle).", First(Service(Instance(Tier.Image, 0, 600)) with { Decisions = [slept] }));

        var failing = Service() with
        {
            Memory = RegulatorMemory.Initial(1) with { Starts = new BackOff(3, Now.AddSeconds(4), new Failure(FailureKind.ProgramExited, "exit code 3"), Now) },
        };
        Assert.Equal("It is not running. The last failure: exit code 3. 3 failures in a row; no start before 12:00:04.", First(failing));
    }

    [Fact]
    public void FailedBefore_AndNothingHolds_TellsTheLastFailure()
    {
        var failed = Service() with
        {
            Memory = RegulatorMemory.Initial(1) with { Starts = new BackOff(1, Now.AddSeconds(-4), new Failure(FailureKind.ProgramExited, "exit code 3"), Now.AddSeconds(-5)) },
            LastWait = new WaitRecord(Now.AddSeconds(-5), "GET /", "exit code 3; see homeostat logs blog", TimeSpan.FromMilliseconds(80), TimeSpan.Zero, WakeWay.Running, null),
        };
        Answers(
            failed,
            "It is not running. The last failure, at 11:59:55: exit code 3.",
            "Nobody, since the platform started.",
            "It has: stopped.",
            "GET / at 11:59:55 was refused after 80 ms: exit code 3; see homeostat logs blog.");
    }

    [Fact]
    public void Ring_KeepsTheLast_InOrder()
    {
        var ring = new DecisionRing(3);
        foreach (var n in Enumerable.Range(1, 5))
        {
            ring.Add(new Decision(Now, $"a{n}", "", "", [], [], null));
        }

        Assert.Equal(["a3", "a4", "a5"], ring.ToList().Select(d => d.Action));
        Assert.Equal((5, 3), (ring.Added, ring.Count));
    }

    [Fact]
    public void Load_IsTold_WithWhatWasLearnedAndForeseen()
    {
        var service = Service() with
        {
            Load = new ServiceLoad
            {
                ServiceTime = TimeSpan.FromMilliseconds(12.3),
                Peak = 9,
                Ladder = new LadderTimes(TimeSpan.FromSeconds(0.5), TimeSpan.FromMinutes(1)),
                Ahead = new DemandForecast(3.21, 9, Now.AddMinutes(1), "auto", Raise: true),
                Books = new ForesightBooks(600, 120, 2, 8, 10),
                Period = 1440,
            },
        };
        var answers = Explainer.Explain(service).Answers.Skip(4).Select(a => a.Answer);

        Assert.Equal(
            [
                "A request takes 12.3 ms; at most 9 at one time lately, 8 per instance are aimed at. By its pauses it is frozen after 500 ms (declared 10 s) and an image after 60 s (declared 5 min).",
                "3.2 requests at one time until 12:01, nine times in ten at most 9 (auto, which repeats every 1440 min). Lately its error was 0.8 of the last value's; it would hold 120"
                + " instance-seconds beyond the 600 needed, and 2 minutes brought more than foreseen. It may add instances where a start is slow enough to be worth it.",
            ],
            answers);
    }

    [Theory]
    [InlineData(PredictMode.Off, "Nothing: predict.mode is off.")]
    [InlineData(PredictMode.Raise, "Nothing yet: a forecast needs 30 minutes of load.")]
    public void Forecast_WithoutOne_SaysWhy(PredictMode mode, string answer)
    {
        var service = Service() with { Revision = Specs.Revision(Specs.Service() with { Predict = new PredictSpec(mode) }) };

        Assert.Equal(answer, Explainer.Explain(service).Answers[5].Answer);
    }

    private static string First(ServiceSnapshot service) => Explainer.Explain(service).Answers[0].Answer;

    private static void Answers(ServiceSnapshot service, params string[] expected) => Assert.Equal(expected, Explainer.Explain(service).Answers.Take(4).Select(a => a.Answer));

    private static InstanceSnapshot Instance(Tier tier, int inFlight, double idle) => new(
        new InstanceView(new InstanceId("blog-1"), Blog, tier, inFlight, Now.AddSeconds(-idle), Now.AddSeconds(-idle)),
        new ObservedInstance(new InstanceId("blog-1"), Blog, tier, 1, null, Now, TimeSpan.Zero, 0));

    private static ServiceSnapshot Service(params InstanceSnapshot[] instances) => new(
        Now, Specs.Revision(), RegulatorMode.Serve, new RevisionView(true, false, false, null), instances, new GateSnapshot(0, 0, 0, 0),
        RegulatorMemory.Initial(1), null, [], null);
}
