using System.Diagnostics.CodeAnalysis;

namespace Homeostat.Core.Activation;

/// <summary>How slots of an instance are seen and taken: what <see cref="SlotChoice"/> needs of an item.</summary>
/// <remarks>Static, so that the choice is compiled for the item and costs no call through an interface on the way of each request.</remarks>
public interface ISlotAccess<in TItem>
{
    /// <summary>Slots taken before another instance is preferred; fewer than declared while the instance is fresh.</summary>
    static abstract int Target(TItem item);

    /// <summary>Slots never exceeded.</summary>
    static abstract int Limit(TItem item);

    static abstract int InFlight(TItem item);

    static abstract bool IsClosed(TItem item);

    /// <summary>How long a request holds its slot there, in the recent mean, in milliseconds; 0: not known.</summary>
    static abstract float ServedMilliseconds(TItem item);

    /// <summary>Takes a slot if fewer than <paramref name="below"/> are taken and the item is open.</summary>
    static abstract bool TryTake(TItem item, int below);
}

/// <summary>
/// Which open instance gets a request: the one that serves it soonest, that is with the least (slots taken + 1) x its recent service time. In order: those below
/// their target; reserves below theirs; any below its limit. So the load stays on as few instances as it needs, evenly spread over these, and what is not needed
/// becomes idle. One choice for the gateway and for replay. As safe for concurrent use as <see cref="ISlotAccess{TItem}.TryTake"/> is.
/// </summary>
/// <remarks>Worked example (target 8): A has 3 in flight at 10 ms each, B 1 at 30 ms: A would answer after 40, B after 60: A.</remarks>
public static class SlotChoice
{
    /// <param name="open">Open instances.</param>
    /// <param name="needed">So many at the front are needed for the load; the others are reserves.</param>
    public static bool TryTake<TItem, TSlots>(ReadOnlySpan<TItem> open, int needed, [NotNullWhen(true)] out TItem? item)
        where TItem : class
        where TSlots : struct, ISlotAccess<TItem>
    {
        // Where somebody is quicker it is looked again, as often as there are instances: each time somebody got a slot.
        for (var attempt = 0; attempt <= open.Length; attempt++)
        {
            item = Soonest<TItem, TSlots>(open, needed, out var below);
            if (item is null || TSlots.TryTake(item, below))
            {
                return item is not null;
            }
        }

        item = null;
        return false;
    }

    private static TItem? Soonest<TItem, TSlots>(ReadOnlySpan<TItem> open, int needed, out int below)
        where TItem : class
        where TSlots : struct, ISlotAccess<TItem>
    {
        (TItem? best, below, var rank, var least) = (null, 0, int.MaxValue, float.MaxValue);
        for (var i = 0; i < open.Length; i++)
        {
            var candidate = open[i];
            var (taken, limit, target) = (TSlots.InFlight(candidate), TSlots.Limit(candidate), TSlots.Target(candidate));
            if (taken >= limit || TSlots.IsClosed(candidate))
            {
                continue;
            }

            var its = taken >= target ? 2 : i < needed ? 0 : 1;
            var after = (taken + 1) * Math.Max(TSlots.ServedMilliseconds(candidate), 0.001f);
            if (its < rank || (its == rank && after < least))
            {
                (best, rank, least, below) = (candidate, its, after, its == 2 ? limit : Math.Min(target, limit));
            }
        }

        return best;
    }
}
