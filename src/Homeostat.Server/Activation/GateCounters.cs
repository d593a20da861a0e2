namespace Homeostat.Server.Activation;

/// <summary>Limits of the gates that were hit, since the platform started. Safe for concurrent use.</summary>
internal sealed class GateCounters
{
    private long _entered;
    private long _fullByCount;
    private long _fullByBytes;
    private long _timedOut;
    private long _unavailable;
    private long _startFailed;
    private long _left;

    public long Entered => Volatile.Read(ref _entered);

    /// <summary>Requests turned away, by reason.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Rejected =>
    [
        new("count", Volatile.Read(ref _fullByCount)),
        new("bytes", Volatile.Read(ref _fullByBytes)),
        new("time", Volatile.Read(ref _timedOut)),
        new("unavailable", Volatile.Read(ref _unavailable)),
        new("start-failed", Volatile.Read(ref _startFailed)),
    ];

    /// <summary>Clients that went away while they waited.</summary>
    public long Left => Volatile.Read(ref _left);

    public void Enter() => Interlocked.Increment(ref _entered);

    public void FullByCount() => Interlocked.Increment(ref _fullByCount);

    public void FullByBytes() => Interlocked.Increment(ref _fullByBytes);

    public void TimeOut() => Interlocked.Increment(ref _timedOut);

    public void Refuse(bool startFailed) => Interlocked.Increment(ref startFailed ? ref _startFailed : ref _unavailable);

    public void Leave() => Interlocked.Increment(ref _left);
}
