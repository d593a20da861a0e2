using Homeostat.Core.Explanation;
using Homeostat.Core.Regulation;
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

    private static string First(ServiceSnapshot service) => Explainer.Explain(service).Answers[0].Answer;

    private static void Answers(ServiceSnapshot service, params string[] expected) => Assert.Equal(expected, Explainer.Explain(service).Answers.Select(a => a.Answer));

    private static InstanceSnapshot Instance(Tier tier, int inFlight, double idle) => new(
        new InstanceView(new InstanceId("blog-1"), Blog, tier, inFlight, Now.AddSeconds(-idle), Now.AddSeconds(-idle)),
        new ObservedInstance(new InstanceId("blog-1"), Blog, tier, 1, null, Now, TimeSpan.Zero, 0));

    private static ServiceSnapshot Service(params InstanceSnapshot[] instances) => new(
        Now, Specs.Revision(), RegulatorMode.Serve, new RevisionView(true, false, false, null), instances, new GateSnapshot(0, 0, 0, 0),
        RegulatorMemory.Initial(1), null, [], null);
}
