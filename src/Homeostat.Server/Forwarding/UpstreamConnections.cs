using Homeostat.Server.Forwarding.Contract;

namespace Homeostat.Server.Forwarding;

/// <summary>
/// The idle connections to one instance, the most recently used on top. Bounded by count and age. Disposed with the instance (before it is dumped,
/// when it stops); connections given back after that are closed.
/// </summary>
internal sealed class UpstreamConnections(int countMax) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<UpstreamConnection> _idle = [];
    private bool _disposed;

    /// <summary>The pool of an instance, made when first asked for.</summary>
    public static UpstreamConnections Of(UpstreamInstance instance, UpstreamSweep sweep, int countMax)
    {
        if (instance.Connections is UpstreamConnections pool)
            return pool;
        lock (instance)
        {
            if (instance.Connections is UpstreamConnections first)
                return first;
            pool = new UpstreamConnections(countMax);
            instance.Connections = pool;
        }

        sweep.Watch(pool);
        return pool;
    }

    /// <summary>Takes an idle connection that is still open, or null. Closed and chattering ones are thrown away.</summary>
    public UpstreamConnection? TryTake()
    {
        while (true)
        {
            UpstreamConnection connection;
            lock (_lock)
            {
                if (_idle.Count == 0)
                    return null;
                connection = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
            }

            if (connection.IsQuiet())
                return connection;
            connection.Dispose();
        }
    }

    public void Give(UpstreamConnection connection)
    {
        connection.BecomeIdle();
        lock (_lock)
        {
            if (!_disposed && _idle.Count < countMax)
            {
                _idle.Add(connection);
                return;
            }
        }

        connection.Dispose();
    }

    /// <summary>Closes what has been idle since before <paramref name="limit"/>. The oldest are at the bottom.</summary>
    /// <returns>False when the pool is over or empty and need not be watched for now.</returns>
    public bool CloseOlderThan(long limit)
    {
        List<UpstreamConnection>? old = null;
        lock (_lock)
        {
            var count = 0;
            while (count < _idle.Count && _idle[count].IdleSince < limit)
                count++;
            if (count > 0)
            {
                old = _idle[..count];
                _idle.RemoveRange(0, count);
            }
        }

        old?.ForEach(c => c.Dispose());
        return !_disposed;
    }

    public void Dispose()
    {
        UpstreamConnection[] all;
        lock (_lock)
        {
            _disposed = true;
            all = [.. _idle];
            _idle.Clear();
        }

        foreach (var connection in all)
            connection.Dispose();
    }
}
