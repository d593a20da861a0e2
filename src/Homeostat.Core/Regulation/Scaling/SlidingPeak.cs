namespace Homeostat.Core.Regulation.Scaling;

/// <summary>The largest of the values seen within a window of time, to a 64th of the window. Of bounded size; a value is looked at twice at most.</summary>
/// <remarks>Not safe for concurrent use; times must not decrease.</remarks>
public sealed class SlidingPeak
{
    private const int Slots = 64;

    // Slots rise, values fall: the first is the peak, and each is the largest from its slot on.
    private readonly LinkedList<(long Slot, int Value)> _falling = new();

    public void Add(DateTimeOffset now, int value, TimeSpan window)
    {
        var slot = Forget(now, window);
        while (_falling.Last is { } last && last.Value.Value <= value)
        {
            _falling.RemoveLast();
        }

        if (_falling.Last?.Value.Slot != slot)
        {
            _falling.AddLast((slot, value));
        }
    }

    /// <summary>0 when nothing was seen within the window.</summary>
    public int Peak(DateTimeOffset now, TimeSpan window)
    {
        Forget(now, window);
        return _falling.First?.Value.Value ?? 0;
    }

    private long Forget(DateTimeOffset now, TimeSpan window)
    {
        var slot = now.UtcTicks / Math.Max(1, window.Ticks / Slots);
        while (_falling.First is { } first && (slot - first.Value.Slot > Slots || first.Value.Slot > slot))
        {
            // Later than now: the window was made shorter or longer, its slots count otherwise.
            _falling.RemoveFirst();
        }

        return slot;
    }
}
