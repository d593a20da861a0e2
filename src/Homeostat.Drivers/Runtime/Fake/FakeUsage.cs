using Homeostat.Core.Runtime;

namespace Homeostat.Drivers.Runtime.Fake;

/// <summary>
/// Limits of a fake instance and what it used under them: its program wants a number of cores all the time and gets as much as its limit allows, in periods as the
/// kernel has them. Not safe for concurrent use: its owner locks.
/// </summary>
internal sealed class FakeUsage(ResourceLimits limits, TimeProvider time)
{
    /// <summary>What a program has that does nothing.</summary>
    public const long ResidentBytes = 64L << 20;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private long _looked = time.GetTimestamp();
    private TimeSpan _cpu;
    private TimeSpan _throttled;
    private TimeSpan _inPeriod;
    private TimeSpan _used;
    private bool _stood;
    private long _periods;
    private long _throttledPeriods;
    private long _held = ResidentBytes;
    private long _hits;

    public ResourceLimits Limits { get; private set; } = limits;

    /// <summary>Cores that the program would use; 0: idle.</summary>
    public double Wanted { get; private set; }

    public TimeSpan CpuTime => _cpu;

    public long MemoryBytes => _held;

    public bool CanHave(ResourceLimits limits) => limits.MemoryBytes >= Limits.MemoryBytes || limits.MemoryBytes >= _held;

    public void Limit(ResourceLimits limits, bool runs)
    {
        PassTime(runs);
        // The kernel fills a period's share up when the limit is written, and lets those that stand run on.
        (Limits, _used, _stood) = (limits, TimeSpan.Zero, false);
    }

    public void Want(double cores, bool runs)
    {
        PassTime(runs);
        Wanted = cores;
    }

    /// <summary>False: it does not fit, and the kernel ends the program.</summary>
    public bool Hold(long bytes)
    {
        if (ResidentBytes + bytes > Limits.MemoryBytes)
        {
            _hits++;
            return false;
        }

        _held = ResidentBytes + bytes;
        return true;
    }

    public void AddCpu(TimeSpan time) => _cpu += time;

    public ResourceUsage Read(bool runs)
    {
        PassTime(runs);
        return new ResourceUsage(_cpu, _throttled, _periods, _throttledPeriods, _held, _hits);
    }

    /// <param name="runs">Whether it ran since the last look: a frozen one uses nothing.</param>
    public void PassTime(bool runs)
    {
        var now = time.GetTimestamp();
        var passed = time.GetElapsedTime(_looked, now);
        _looked = now;
        if (!runs || Wanted <= 0)
        {
            return;
        }

        if (Limits.Cpu is not { } cores)
        {
            _cpu += passed * Wanted;
            return;
        }

        // Whole periods that are all alike at once, so that a day costs no more than a moment.
        var alike = Math.Max(0, (passed.Ticks / Period.Ticks) - 2);
        while (passed > TimeSpan.Zero)
        {
            var step = passed < Period - _inPeriod ? passed : Period - _inPeriod;
            Spend(step, Period * cores);
            passed -= step;
            if (alike > 0 && _inPeriod == TimeSpan.Zero)
            {
                var (cpu, throttled, throttledPeriods) = (_cpu, _throttled, _throttledPeriods);
                Spend(Period, Period * cores);
                (_cpu, _throttled) = (cpu + ((_cpu - cpu) * alike), throttled + ((_throttled - throttled) * alike));
                (_periods, _throttledPeriods) = (_periods + alike - 1, throttledPeriods + ((_throttledPeriods - throttledPeriods) * alike));
                passed -= Period * alike;
                alike = 0;
            }
        }
    }

    /// <summary>Some time within one period: the program runs as it wants until its share is used up, then stands until the end, when the kernel counts.</summary>
    private void Spend(TimeSpan step, TimeSpan share)
    {
        var most = (share - _used) / Wanted;
        var ran = most < step ? Max(most, TimeSpan.Zero) : step;
        (_used, _cpu, _throttled) = (_used + (ran * Wanted), _cpu + (ran * Wanted), _throttled + (step - ran));
        _stood |= ran < step;
        _inPeriod += step;
        if (_inPeriod >= Period)
        {
            _periods++;
            _throttledPeriods += _stood ? 1 : 0;
            (_inPeriod, _used, _stood) = (TimeSpan.Zero, TimeSpan.Zero, false);
        }
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
