using Homeostat.Core.Services;

namespace Homeostat.Core.Replay.Policies;

/// <summary>The formula of the horizontal pod autoscaler as KEDA drives it (average value per instance); pure.</summary>
/// <remarks>
/// wanted = ceil(concurrency / target), left as it is while concurrency / (target * current) is within 10 % of 1; up by at most 4 or 100 % in 15 s, down only to the
/// most that was wanted within five minutes. Worked example (target 8; test Decide_WorkedExamples): 2 instances, concurrency 17: 17 / 16 = 1.06, they stay 2; 18:
/// 1.125, ceil(18 / 8) = 3.
/// </remarks>
internal static class PollingFormula
{
    public static readonly TimeSpan Poll = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan Sync = TimeSpan.FromSeconds(15);

    public static readonly TimeSpan Stabilisation = TimeSpan.FromMinutes(5);

    /// <summary>From one to none.</summary>
    public static readonly TimeSpan CoolDown = TimeSpan.FromMinutes(5);

    public const double Tolerance = 0.1;

    /// <summary>What this look wants by itself, before stabilisation; at least 1.</summary>
    /// <param name="current">Instances there are, 1 or more.</param>
    public static int Decide(ScaleSpec scale, int current, double concurrency)
    {
        var target = Math.Max(1, scale.ConcurrencyTarget);
        var ratio = concurrency / (target * (double)current);
        var wanted = Math.Abs(ratio - 1) <= Tolerance ? current : (int)Math.Ceiling(concurrency / target);
        var most = Math.Max(current + 4, current * 2);
        return Math.Clamp(wanted, Math.Max(1, scale.Min), Math.Max(1, Math.Min(scale.Max, most)));
    }
}
