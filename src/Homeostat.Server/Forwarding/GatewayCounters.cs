namespace Homeostat.Server.Forwarding;

/// <summary>What the gateway counted since it started. Written by all connections, read by telemetry; each value only grows, except the gauges.</summary>
public sealed class GatewayCounters
{
    private readonly long[] _byClass = new long[6];
    private readonly long[] _limits = new long[Enum.GetValues<GatewayLimit>().Length];
    private long _connections;
    private long _connectionsOpen;
    private long _inFlight;
    private long _connectRetries;
    private long _clientAborts;

    /// <summary>Client connections accepted.</summary>
    public long Connections => Volatile.Read(ref _connections);

    /// <summary>Client connections open now.</summary>
    public long ConnectionsOpen => Volatile.Read(ref _connectionsOpen);

    /// <summary>Requests, streams and WebSockets in flight now.</summary>
    public long InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Connection attempts to instances that failed and were tried again.</summary>
    public long ConnectRetries => Volatile.Read(ref _connectRetries);

    /// <summary>Requests whose client went away before the end.</summary>
    public long ClientAborts => Volatile.Read(ref _clientAborts);

    /// <summary>Final responses by class: 1 (switched protocols) to 5.</summary>
    public long Responses(int statusClass) => Volatile.Read(ref _byClass[statusClass]);

    /// <summary>How often a limit was hit.</summary>
    public long Hits(GatewayLimit limit) => Volatile.Read(ref _limits[(int)limit]);

    internal void Opened()
    {
        Interlocked.Increment(ref _connections);
        Interlocked.Increment(ref _connectionsOpen);
    }

    internal void Closed() => Interlocked.Decrement(ref _connectionsOpen);

    internal void Begun() => Interlocked.Increment(ref _inFlight);

    internal void Ended() => Interlocked.Decrement(ref _inFlight);

    internal void Retried() => Interlocked.Increment(ref _connectRetries);

    internal void Aborted() => Interlocked.Increment(ref _clientAborts);

    internal void Responded(int status) => Interlocked.Increment(ref _byClass[Math.Clamp(status / 100, 1, 5)]);

    internal void Hit(GatewayLimit limit) => Interlocked.Increment(ref _limits[(int)limit]);
}

/// <summary>The limits of <see cref="GatewayOptions"/> whose hits are counted.</summary>
public enum GatewayLimit
{
    Head,
    HeadTimeout,
    IdleTimeout,
    BodyStall,
    WriteStall,
    AppTimeout,
    StreamIdle,
    ConnectRetry,
}
