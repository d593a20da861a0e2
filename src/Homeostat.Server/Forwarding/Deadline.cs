namespace Homeostat.Server.Forwarding;

/// <summary>
/// One time limit of a connection: set and cleared by the connection on its hot path (a plain store), looked at by the sweep now and then.
/// </summary>
/// <remarks>
/// Values: 0 none, above 0 the moment in milliseconds of <see cref="Environment.TickCount64"/>, -1 expired. The sweep turns a moment it has read into -1
/// by compare-and-swap, so a limit that was set anew in between never expires by the older moment.
/// </remarks>
internal struct Deadline
{
    private long _at;

    public readonly bool HasExpired => Volatile.Read(in _at) < 0;

    public void Set(TimeSpan from) => Volatile.Write(ref _at, Environment.TickCount64 + (long)from.TotalMilliseconds);

    public void Clear() => Volatile.Write(ref _at, 0);

    /// <summary>True once, when the moment has passed.</summary>
    public bool TryExpire(long now)
    {
        var at = Volatile.Read(ref _at);
        return at > 0 && at <= now && Interlocked.CompareExchange(ref _at, -1, at) == at;
    }
}
