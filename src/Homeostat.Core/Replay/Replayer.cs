using System.Globalization;
using Homeostat.Core.Explanation;
using Homeostat.Core.Forecasting;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Replay.Policies;
using Homeostat.Core.Services;

namespace Homeostat.Core.Replay;

/// <summary>Plays a trace under policies, each from the beginning and with the same requests. Pure: equal inputs, equal outcomes, bit by bit.</summary>
/// <param name="arrivals">Makes the requests anew; must make the same ones each time.</param>
/// <param name="origin">The time of day at which the trace begins.</param>
public sealed class Replayer(ReplaySetup setup, Func<IArrivals> arrivals, DateTimeOffset origin)
{
    public const string Reactive = "homeostat";
    public const string Clairvoyant = "clairvoyant";

    private DemandProfile? _profile;

    /// <summary>Before the name of a forecast model: the regulator with that forecast.</summary>
    public const string Foreseeing = "homeostat+";

    /// <summary>What is played where nothing is asked for, in the order in which it is shown.</summary>
    public static IReadOnlyList<string> Usual { get; } = [Reactive, Foreseeing + ForecastModels.Auto, "kpa", "idle-timer", "keda", "always-on", Clairvoyant];

    /// <summary>All policies by name: the usual ones, and one for each forecast model.</summary>
    public static IReadOnlyList<string> Policies { get; } = [.. Usual, .. ForecastModels.Names.Where(m => m != ForecastModels.Auto).Select(m => Foreseeing + m)];

    /// <summary>What the trace needs at least.</summary>
    public DemandProfile Profile => _profile ??= DemandProfile.Of(arrivals(), setup.Spec.Scale.ConcurrencyLimit, setup.Costs.Least);

    /// <param name="policy">One of <see cref="Policies"/>.</param>
    /// <exception cref="ArgumentException">There is no such policy.</exception>
    public ReplayOutcome Run(string policy)
    {
        var decisions = new List<Decision>();
        var peerCost = setup.PeersOwnCosts ? setup.Costs.DockerStart : setup.Clones ? setup.Costs.Template : setup.Costs.Cold;
        return policy switch
        {
            Reactive => Regulate(new PredictSpec(PredictMode.Off)),
            _ when policy.StartsWith(Foreseeing, StringComparison.Ordinal) && Policies.Contains(policy) => Regulate(new PredictSpec(PredictMode.Raise, policy[Foreseeing.Length..])),
            "kpa" => Play(new KnativePolicy(peerCost)),
            "idle-timer" => Play(new IdleTimerPolicy(peerCost)),
            "keda" => Play(new PollingPolicy(peerCost)),
            "always-on" => Play(new AlwaysOnPolicy(Math.Max(1, Profile.PeakInstances))),
            Clairvoyant => Bound(),
            _ => throw new ArgumentException($"there is no policy {policy}", nameof(policy)),
        };

        ReplayOutcome Regulate(PredictSpec predict) =>
            Play(new RegulatedPolicy(policy, new WaitCostPolicy(), Keep), setup with { Spec = setup.Spec with { Predict = predict } }) with { Decisions = decisions };

        void Keep(Decision decision)
        {
            if (decisions.Count < setup.DecisionsKept)
            {
                decisions.Add(decision);
            }
        }
    }

    private ReplayOutcome Play(IReplayPolicy policy, ReplaySetup? changed = null)
    {
        var world = new ReplayWorld(changed ?? setup, arrivals(), policy, origin);
        world.Run();
        var (meter, second) = (world.Meter, (double)TimeSpan.TicksPerSecond);
        return new ReplayOutcome
        {
            Policy = policy.Name,
            Requests = meter.Requests,
            Served = meter.Served,
            Refused = meter.Refused,
            WaitP50 = meter.Waits.Quantile(0.5),
            WaitP95 = meter.Waits.Quantile(0.95),
            WaitP99 = meter.Waits.Quantile(0.99),
            WaitMost = meter.Waits.Longest / second,
            WaitMean = meter.Waits.Count == 0 ? 0 : meter.Waits.TotalSeconds / meter.Waits.Count,
            Wakes = meter.Wakes,
            InstanceSeconds = meter.AwakeTicks / second,
            GbSeconds = meter.GbTicks / second,
            BusySeconds = meter.BusyTicks / second,
            InstancesMost = meter.InstancesMost,
            Actions = meter.Actions,
            Digest = world.Digest.Value.ToString("x16", CultureInfo.InvariantCulture),
        };
    }

    private ReplayOutcome Bound() => new()
    {
        Policy = Clairvoyant,
        Requests = Profile.Requests,
        Served = Profile.Requests,
        Refused = 0,
        WaitP50 = 0,
        WaitP95 = 0,
        WaitP99 = 0,
        WaitMost = 0,
        WaitMean = 0,
        Wakes = Profile.Wakes,
        InstanceSeconds = Profile.InstanceSeconds,
        // What is asleep is taken to hold nothing: the least there can be.
        GbSeconds = Profile.InstanceSeconds * setup.Costs.RunningGb,
        BusySeconds = Profile.BusySeconds,
        InstancesMost = Profile.PeakInstances,
        Actions = new SortedDictionary<string, long>(StringComparer.Ordinal),
        Digest = Profile.InstanceSeconds.ToString("R", CultureInfo.InvariantCulture),
    };
}
