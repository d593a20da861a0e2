namespace Homeostat.Server.Activation;

/// <summary>
/// Time of day that never jumps: the wall clock at its making plus what the monotonic clock counted since. Idle times and back-offs must not pass at once
/// because somebody set the host's clock. Safe for concurrent use.
/// </summary>
internal sealed class SteadyClock(TimeProvider time)
{
    private readonly DateTimeOffset _origin = time.GetUtcNow();
    private readonly long _began = time.GetTimestamp();

    public TimeProvider Time => time;

    public DateTimeOffset Now => At(time.GetTimestamp());

    /// <summary>Raw monotonic time, for hot paths.</summary>
    public long Timestamp => time.GetTimestamp();

    public DateTimeOffset At(long timestamp) => _origin + time.GetElapsedTime(_began, timestamp);
}
