namespace Homeostat.Core.Regulation.Scaling;

/// <summary>
/// Starts one more when waiting costs more than starting. Requests beyond the concurrency target of the open instances wait for each other, in the gate or in
/// the program: expected wait = excess x service time / (instances x target). It is compared with the time the next instance takes to come by the quickest way open.
/// </summary>
/// <remarks>
/// <para>wanted = the fewest instances with which the excess is gone within a start's time, at most ceil((in flight + waiting) / target).</para>
/// <para>Worked examples (target 8, limit 16, a restore takes 10 ms). 12 in flight at one instance, requests of 1 ms: 4 x 1 / 8 = 0.5 ms, less than a start: stay. Requests of
/// 100 ms: 4 x 100 / 8 = 50 ms: two. 1,000 waiting for a sleeping service, requests of 50 ms: 1,000 x 50 / (n x 8) &lt;= 10 ms gives far more than max: max at once; nothing
/// known of the service: one, they share its start.</para>
/// <para>Source: FastContainer's reactive decision at each request; the comparison of waiting with starting is our own. Where nothing is measured yet, having waited
/// <see cref="Patience"/> is the sign.</para>
/// </remarks>
public sealed class WaitCostPolicy : IScalePolicy
{
    /// <summary>100 ms: about what a cold start costs; counts as the time of a start until one was measured.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <summary>A raised limit shows its effect within this: instances are not added before.</summary>
    public static readonly TimeSpan RaiseSettles = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan LookMin = TimeSpan.FromMilliseconds(5);

    public string Name => "wait-cost";

    public ScaleAnswer Decide(in ScaleInput input)
    {
        var (target, active) = (Math.Max(1, input.Scale.ConcurrencyTarget), input.Open + input.Coming);
        var load = input.InFlight + input.Waiting;
        var excess = input.Waiting + Math.Max(0, input.InFlight - (input.Open * target));
        if (excess == 0)
        {
            return new ScaleAnswer(0, "nobody waits", null);
        }

        var start = input.StartTime ?? Patience;
        var enough = Ceiling(load, target);
        if (input.Open == 0)
        {
            return new ScaleAnswer(
                Math.Max(1, Math.Min(enough, Fewest(excess, input.ServiceTime, start, target))), $"{input.Waiting} waiting, none running", null);
        }

        var expected = input.ServiceTime is { } service ? service * excess / (active * target) : (TimeSpan?)null;
        var waited = input.SaturatedSince is { } since ? input.Now - since : TimeSpan.Zero;
        var look = input.Now + (start / 2 > LookMin ? start / 2 : LookMin);
        if (input.RaisedAt is { } raised && input.Now - raised < RaiseSettles)
        {
            return new ScaleAnswer(active, "the raised limit takes effect first", raised + RaiseSettles);
        }

        // What is measured may be out of date (requests that hang): then having waited counts.
        var overdue = waited > (expected is null ? start : Longer(4 * start, 4 * expected.Value));
        if (expected <= start && !overdue || (expected is null && !overdue))
        {
            return new ScaleAnswer(active, $"{excess} beyond the target, {Milliseconds(expected ?? waited)} of waiting is less than a start", look);
        }

        var wanted = overdue ? enough : Math.Min(enough, Fewest(excess, input.ServiceTime, start, target));
        return new ScaleAnswer(
            Math.Max(wanted, active),
            $"{input.Waiting} waiting and {input.InFlight} in flight, {target} per instance: {Milliseconds(overdue ? waited : expected!.Value)} of waiting, a start takes {Milliseconds(start)}",
            look);
    }

    /// <summary>The fewest instances that serve the excess within a start's time.</summary>
    private static int Fewest(int excess, TimeSpan? service, TimeSpan start, int target) => service is { } time
        ? (int)Math.Min(10_000, Math.Ceiling(excess * time.TotalSeconds / (Math.Max(0.001, start.TotalSeconds) * target)))
        : 1;

    private static int Ceiling(int load, int target) => (load + target - 1) / target;

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static string Milliseconds(TimeSpan time) => $"{time.TotalMilliseconds:0.#} ms";
}
