namespace Homeostat.Core.Explanation;

/// <summary>The last decisions of a service, oldest first. Bounded: a full ring forgets the oldest. Not safe for concurrent use.</summary>
/// <param name="capacity">1 or more. Default 256: a day of a service that sleeps and wakes every few minutes.</param>
public sealed class DecisionRing(int capacity = 256)
{
    private readonly Decision[] _ring = new Decision[capacity > 0 ? capacity : throw new ArgumentOutOfRangeException(nameof(capacity))];
    private long _added;

    /// <summary>Decisions ever added, forgotten ones included.</summary>
    public long Added => _added;

    public int Count => (int)Math.Min(_added, _ring.Length);

    public void Add(Decision decision) => _ring[_added++ % _ring.Length] = decision;

    public IReadOnlyList<Decision> ToList()
    {
        var count = Count;
        var list = new Decision[count];
        for (var i = 0; i < count; i++)
        {
            list[i] = _ring[(_added - count + i) % _ring.Length];
        }

        return list;
    }
}
