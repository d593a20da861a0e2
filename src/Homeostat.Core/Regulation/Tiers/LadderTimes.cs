using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation.Tiers;

/// <summary>
/// The idle times that cost least for the pauses a service really has, within the declared ones.
/// </summary>
/// <remarks>
/// <para>Everything is priced in seconds of an instance that is awake. Staying awake costs its time, staying frozen a tenth of it (<see cref="FrozenShare"/>), a wake what
/// <see cref="Price"/> says. For a limit x the expected cost of a pause g is min(g, x) + price if g &gt; x: the ski-rental problem with several states, solved for the measured
/// distribution (Irani, Shukla, Gupta: "Online strategies for dynamic power management in systems with multiple power-saving states", 2003; Karlin et al. 1994 for one
/// state). A pause longer than any seen is always counted once, so that a limit beyond all pauses is not taken for free.</para>
/// <para>Worked example: 100 pauses of 50 ms, a thaw takes 0.8 ms (price 13 ms), declared 10 s. Freezing at 11 ms pays 24 ms a hundred times; at 64 ms it pays 50 ms a hundred
/// times. A thaw of 3 ms has a price of 300 ms: 64 ms is the cheapest then, kept through the pauses.</para>
/// <para>The figures were chosen with <c>./run bench policies</c>, docs/benchmarks.md tells what they do on its traces.</para>
/// </remarks>
/// <param name="Freeze">At most the declared time.</param>
/// <param name="Image">At most the declared time.</param>
public sealed record LadderTimes(TimeSpan Freeze, TimeSpan Image)
{
    /// <summary>Pauses that must have been seen before they are believed.</summary>
    public const int PausesMin = 32;

    /// <summary>A millisecond of waiting that is noticed is worth this many milliseconds of keeping.</summary>
    public const double PriceOfWaiting = 1000;

    /// <summary>What a wake costs though nobody notices it, in terms of its time: the processor's work for going to sleep and back, with two turns of the platform.</summary>
    public const double PriceOfWork = 10;

    /// <summary>A frozen instance costs only its memory: this part of one that is awake. Clouds sell a GB-second at a tenth of a processor's second.</summary>
    public const double FrozenShare = 0.1;

    /// <summary>
    /// An instance is frozen not before this part of the declared time: 10 ms of 10 s. What a program does after its answer (a log line, a flush) is done by then;
    /// one that goes on working is left awake (<see cref="IdleWatch"/>).
    /// </summary>
    public const double FreezeFloor = 1 / 1000.0;

    /// <summary>One of several that are awake is frozen not before this part: 100 ms of 10 s. A load that swings would else turn it round and round.</summary>
    public const double BesideOthersFloor = 1 / 100.0;

    /// <summary>An image is made not before this part of the declared time: a dump costs more than it shows, and a page cache that has to be warmed again.</summary>
    public const double ImageFloor = 1 / 5.0;

    /// <summary>What a thaw is taken to need until one was measured: without it a service whose pauses are all short would never be frozen, and never measured.</summary>
    private static readonly TimeSpan UsualThaw = TimeSpan.FromMilliseconds(1);

    /// <summary>Null: too few pauses.</summary>
    public static LadderTimes? Learn(IdleHistogram pauses, IdleSpec declared, StartTimes starts)
    {
        if (pauses.Count < PausesMin)
        {
            return null;
        }

        var freeze = Cheapest(pauses, declared.Freeze, Price(starts.Frozen ?? UsualThaw), FreezeFloor);
        var image = starts.Restored is { } restore ? Cheapest(pauses, declared.Image, Price(restore) / FrozenShare, ImageFloor) : declared.Image;
        // Frozen comes first, for a while: it is undone in no time.
        return new LadderTimes(freeze, image > 2 * freeze ? image : Least(2 * freeze, declared.Image));
    }

    /// <summary>
    /// What a wake costs, in seconds of an instance that is awake: its time, ten times for the work, and more the better it is noticed: (1 + (ms)^2) times, up to a thousand from 10 ms on.
    /// 0.8 ms costs 13 ms, 2 ms 0.1 s, 6.4 ms 2.7 s, 15 ms 15 s.
    /// </summary>
    internal static double Price(TimeSpan wake) => wake.TotalSeconds * Math.Min(PriceOfWaiting, PriceOfWork * (1 + (wake.TotalMilliseconds * wake.TotalMilliseconds)));

    /// <summary>The limit of least expected cost between the floor and the declared time.</summary>
    /// <param name="price">Of a wake, in seconds of keeping.</param>
    internal static TimeSpan Cheapest(IdleHistogram pauses, TimeSpan declared, double price, double floorShare)
    {
        var (floor, most) = (declared.TotalSeconds * floorShare, declared.TotalSeconds);
        var (longer, within) = (pauses.Count + 1, 0.0);
        var best = (Cost: double.PositiveInfinity, Limit: most);
        for (var bin = 0; bin < IdleHistogram.Bins; bin++)
        {
            // Pauses that end within the limit cost their length, longer ones the limit and the price.
            var (count, seconds) = pauses[bin];
            longer -= count;
            within += seconds;
            var limit = IdleHistogram.EndOf(bin);
            if (limit >= most)
            {
                break;
            }

            var cost = within + (longer * (limit + price));
            best = limit >= floor && cost < best.Cost ? (cost, limit) : best;
        }

        var (few, held) = Beyond(pauses, most);
        return TimeSpan.FromSeconds(held + (few * (most + price)) <= best.Cost ? most : best.Limit);
    }

    private static (int Longer, double Within) Beyond(IdleHistogram pauses, double limit)
    {
        var (longer, within) = (1, 0.0);
        for (var bin = 0; bin < IdleHistogram.Bins; bin++)
        {
            var (count, seconds) = pauses[bin];
            longer += IdleHistogram.EndOf(bin) > limit ? count : 0;
            within += IdleHistogram.EndOf(bin) > limit ? 0 : seconds;
        }

        return (longer, within);
    }

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
