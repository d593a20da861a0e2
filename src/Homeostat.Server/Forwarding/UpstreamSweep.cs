using System.Collections.Concurrent;

namespace Homeostat.Server.Forwarding;

/// <summary>Closes idle upstream connections in time. Holds pools weakly: an instance that is gone takes its pool along.</summary>
internal sealed class UpstreamSweep(TimeSpan idleMax)
{
    private readonly ConcurrentDictionary<WeakReference<UpstreamConnections>, byte> _pools = new();

    public void Watch(UpstreamConnections pool) => _pools[new WeakReference<UpstreamConnections>(pool)] = 0;

    public void Run(long now)
    {
        foreach (var (reference, _) in _pools)
        {
            if (!reference.TryGetTarget(out var pool) || !pool.CloseOlderThan(now - (long)idleMax.TotalMilliseconds))
                _pools.TryRemove(reference, out _);
        }
    }
}
