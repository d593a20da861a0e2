using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation.Tiers;

/// <summary>
/// The idle times that cost least for the pauses a service really has, within the declared ones.
/// </summary>
/// <remarks>
/// <para>Staying awake costs its time, a wake costs as much as <see cref="PriceOfWaiting"/> times what the waker waits. For a limit x the expected cost of a pause g is
/// min(g, x) + price if g &gt; x: the ski-rental problem with several states, solved for the measured distribution (Irani, Shukla, Gupta: "Online strategies for dynamic
/// power management in systems with multiple power-saving states", 2003; Karlin et al. 1994 for one state). A pause longer than any seen is always counted once, so
/// that a limit beyond all pauses is not taken for free.</para>
/// <para>Worked example: 100 pauses of 50 ms, a thaw takes 0.3 ms (price 0.3 s), declared 10 s. Freezing at once would pay 0.3 s a hundred times; at 64 ms it pays
/// 0.05 s a hundred times and the price once; at 10 s it pays 10 s once more. 64 ms is the cheapest, the floor of a twentieth of the declared time makes it 0.5 s.</para>
/// </remarks>
/// <param name="Freeze">At most the declared time.</param>
/// <param name="Image">At most the declared time.</param>
public sealed record LadderTimes(TimeSpan Freeze, TimeSpan Image)
{
    /// <summary>Pauses that must have been seen before they are believed.</summary>
    public const int PausesMin = 16;

    /// <summary>A millisecond of somebody's waiting is worth this many milliseconds of keeping.</summary>
    public const double PriceOfWaiting = 1000;

    /// <summary>An instance is frozen not before this part of the declared time: whoever declares ten seconds does not mean a tenth of one.</summary>
    public const double FreezeFloor = 1 / 20.0;

    /// <summary>An image is made not before this part of the declared time: a dump costs more than it shows, and a page cache that has to be warmed again.</summary>
    public const double ImageFloor = 1 / 5.0;

    /// <summary>Null: too few pauses, or nothing measured of the wakes.</summary>
    public static LadderTimes? Learn(IdleHistogram pauses, IdleSpec declared, StartTimes starts)
    {
        if (pauses.Count < PausesMin)
        {
            return null;
        }

        var freeze = starts.Frozen is { } thaw ? Cheapest(pauses, declared.Freeze, thaw, FreezeFloor) : declared.Freeze;
        var image = starts.Restored is { } restore ? Cheapest(pauses, declared.Image, restore, ImageFloor) : declared.Image;
        // Frozen comes first, for a while: it is undone in no time.
        return new LadderTimes(freeze, image > 2 * freeze ? image : Least(2 * freeze, declared.Image));
    }

    /// <summary>The limit of least expected cost between the floor and the declared time.</summary>
    internal static TimeSpan Cheapest(IdleHistogram pauses, TimeSpan declared, TimeSpan wake, double floorShare)
    {
        var price = PriceOfWaiting * wake.TotalSeconds;
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
