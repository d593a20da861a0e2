using Homeostat.Core.Runtime;

namespace Homeostat.Core.Regulation;

/// <summary>Growing pauses after failures in a row. A value: goes into a step and comes out of it.</summary>
/// <param name="Failures">In a row.</param>
/// <param name="Until">Not again before; null: at any time.</param>
/// <param name="Last">The newest failure.</param>
/// <param name="At">When it happened.</param>
public sealed record BackOff(int Failures, DateTimeOffset? Until, Failure? Last, DateTimeOffset? At)
{
    public static BackOff None { get; } = new(0, null, null, null);

    public bool Holds(DateTimeOffset now) => Until > now;

    /// <summary>One more failure: wait <paramref name="schedule"/>'s delay, ±20 % by <paramref name="jitter"/> (0..1), so that services do not retry in step.</summary>
    public BackOff Fail(DateTimeOffset now, Failure failure, double jitter, BackOffSchedule schedule)
    {
        var failures = Math.Min(Failures + 1, 1000);
        var delay = schedule.Delay(failures) * (0.8 + (0.4 * Math.Clamp(jitter, 0, 1)));
        return new BackOff(failures, delay > TimeSpan.Zero ? now + delay : null, failure, now);
    }

    /// <summary>Forgets the pause, not the count: somebody asks to try now.</summary>
    public BackOff Release() => Until is null ? this : this with { Until = null };
}

/// <param name="First">Delay after the failure that first causes one.</param>
/// <param name="Max">Delays double up to this.</param>
/// <param name="Free">Failures in a row without a delay.</param>
public sealed record BackOffSchedule(TimeSpan First, TimeSpan Max, int Free = 0)
{
    /// <summary>A start that failed: 1 s, doubling to 1 min. A program that can't start costs at most one start a minute.</summary>
    public static BackOffSchedule Start { get; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    /// <summary>A program that was ready and ended: the first time it is started again at once, whoever waits is served.</summary>
    public static BackOffSchedule Crash { get; } = Start with { Free = 1 };

    /// <summary>A dump or restore that failed: 30 s, doubling to 1 h.</summary>
    public static BackOffSchedule Images { get; } = new(TimeSpan.FromSeconds(30), TimeSpan.FromHours(1));

    /// <summary>A freeze or page-out that failed: 5 s, doubling to 10 min.</summary>
    public static BackOffSchedule Pauses { get; } = new(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(10));

    /// <summary>A stop or removal that failed: 1 s, doubling to 1 min.</summary>
    public static BackOffSchedule Stops { get; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    /// <summary>Without jitter. Worked example (<see cref="Start"/>): 1, 2, 4, 8, 16, 32, 60, 60 s.</summary>
    public TimeSpan Delay(int failures)
    {
        if (failures <= Free)
        {
            return TimeSpan.Zero;
        }

        var doublings = Math.Min(failures - Free - 1, 30);
        var delay = First * Math.Pow(2, doublings);
        return delay < Max ? delay : Max;
    }
}
