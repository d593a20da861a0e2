using Homeostat.Core.Runtime;

namespace Homeostat.Server.Activation;

/// <summary>How long the last starts took, by way: what Retry-After is computed from. Bounded; safe for concurrent use.</summary>
internal sealed class StartHistory
{
    /// <summary>Starts remembered for each way.</summary>
    private const int Kept = 20;

    /// <summary>Said while nothing is known.</summary>
    private static readonly TimeSpan Unknown = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly SortedDictionary<WakeWay, Queue<TimeSpan>> _took = [];
    private WakeWay _last = WakeWay.Running;

    public void Add(WakeWay way, TimeSpan took)
    {
        lock (_lock)
        {
            if (!_took.TryGetValue(way, out var queue))
            {
                _took[way] = queue = new Queue<TimeSpan>();
            }

            queue.Enqueue(took);
            if (queue.Count > Kept)
            {
                queue.Dequeue();
            }

            _last = way;
        }
    }

    /// <summary>The longest of the last starts by the way last used; 1 s while nothing is known.</summary>
    public TimeSpan Expected()
    {
        lock (_lock)
        {
            return _took.TryGetValue(_last, out var queue) ? queue.Max() : Unknown;
        }
    }
}
