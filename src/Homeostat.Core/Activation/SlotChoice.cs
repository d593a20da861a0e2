using System.Diagnostics.CodeAnalysis;

namespace Homeostat.Core.Activation;

/// <summary>How slots of an instance are seen and taken: what <see cref="SlotChoice"/> needs of an item.</summary>
/// <remarks>Static, so that the choice is compiled for the item and costs no call through an interface on the way of each request.</remarks>
public interface ISlotAccess<in TItem>
{
    /// <summary>Slots taken first, before the next instance is used.</summary>
    static abstract int Target(TItem item);

    /// <summary>Slots never exceeded.</summary>
    static abstract int Limit(TItem item);

    static abstract int InFlight(TItem item);

    static abstract bool IsClosed(TItem item);

    /// <summary>Takes a slot if fewer than <paramref name="below"/> are taken and the item is open.</summary>
    static abstract bool TryTake(TItem item, int below);
}

/// <summary>
/// Which open instance gets a request: filled to the target in order, so that the last ones become idle first; then the least loaded up to the limit. One choice
/// for the gateway and for replay. As safe for concurrent use as <see cref="ISlotAccess{TItem}.TryTake"/> is.
/// </summary>
public static class SlotChoice
{
    /// <param name="open">Those to be used first first.</param>
    public static bool TryTake<TItem, TSlots>(ReadOnlySpan<TItem> open, [NotNullWhen(true)] out TItem? item)
        where TItem : class
        where TSlots : struct, ISlotAccess<TItem>
    {
        foreach (var candidate in open)
        {
            if (TSlots.TryTake(candidate, Math.Min(TSlots.Target(candidate), TSlots.Limit(candidate))))
            {
                item = candidate;
                return true;
            }
        }

        return TryTakeLeastLoaded<TItem, TSlots>(open, out item);
    }

    private static bool TryTakeLeastLoaded<TItem, TSlots>(ReadOnlySpan<TItem> open, [NotNullWhen(true)] out TItem? item)
        where TItem : class
        where TSlots : struct, ISlotAccess<TItem>
    {
        item = null;
        for (var attempt = 0; attempt < open.Length; attempt++)
        {
            var least = int.MaxValue;
            foreach (var candidate in open)
            {
                if (!TSlots.IsClosed(candidate) && TSlots.InFlight(candidate) is var taken && taken < TSlots.Limit(candidate) && taken < least)
                {
                    (least, item) = (taken, candidate);
                }
            }

            if (item is null || TSlots.TryTake(item, TSlots.Limit(item)))
            {
                return item is not null;
            }

            // Somebody was quicker: look again, as often as there are instances.
            item = null;
        }

        return false;
    }
}
