using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation;

/// <summary>Decides how many instances should run for the demand of this moment. Pure; replaceable.</summary>
public interface IScalePolicy
{
    /// <summary>As recorded in decisions.</summary>
    string Name { get; }

    ScaleAnswer Decide(in ScaleInput input);
}

/// <param name="Open">Instances that take work now.</param>
/// <param name="Coming">Instances being started or woken.</param>
/// <param name="InFlight">Slots taken at the open ones.</param>
/// <param name="Waiting">Requests in the gate.</param>
/// <param name="SaturatedSince">Since when requests wait although instances are open; null: they don't.</param>
public readonly record struct ScaleInput(
    DateTimeOffset Now, ScaleSpec Scale, int Open, int Coming, int InFlight, int Waiting, DateTimeOffset? SaturatedSince);

/// <param name="Wanted">Instances that should run, before the declared min and max are applied.</param>
/// <param name="Reason">Why that many, for people.</param>
/// <param name="LookAgainAt">When the answer may change by time alone.</param>
public readonly record struct ScaleAnswer(int Wanted, string Reason, DateTimeOffset? LookAgainAt);

/// <summary>
/// One instance answers those who wait for the first; more are wanted only once requests have waited <see cref="Patience"/> although instances are open:
/// wanted = ceil((in flight + waiting) / concurrency target).
/// </summary>
/// <remarks>
/// Worked example (target 8): 1000 requests reach a sleeping service: 1 is wanted and they share one start. If after 100 ms with that instance 600 still
/// wait and 16 are in flight: ceil(616 / 8) = 77, capped by max. Requests of a millisecond never get that far.
/// </remarks>
public sealed class SaturationPolicy : IScalePolicy
{
    /// <summary>100 ms: about what a cold start costs, so that waiting for a slot is not answered by something slower.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    public string Name => "saturation";

    public ScaleAnswer Decide(in ScaleInput input)
    {
        if (input.Waiting == 0)
        {
            return new ScaleAnswer(0, "nobody waits", null);
        }

        if (input.Open == 0 || input.SaturatedSince is not { } since)
        {
            return new ScaleAnswer(1, $"{input.Waiting} waiting, none running", input.Open == 0 ? null : input.Now + Patience);
        }

        if (input.Now - since < Patience)
        {
            return new ScaleAnswer(input.Open + input.Coming, $"{input.Waiting} waiting for a slot", since + Patience);
        }

        var demand = input.InFlight + input.Waiting;
        var target = Math.Max(1, input.Scale.ConcurrencyTarget);
        var wanted = (demand + target - 1) / target;
        return new ScaleAnswer(
            Math.Max(wanted, input.Open + input.Coming),
            $"{input.Waiting} waiting and {input.InFlight} in flight for more than {Patience.TotalMilliseconds:0} ms, {target} per instance",
            input.Now + Patience);
    }
}
