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
    private TimeSpan _limitedTime;
    private TimeSpan _throttledTime;
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
        Limits = limits;
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
        return new ResourceUsage(_cpu, _throttled, _limitedTime.Ticks / Period.Ticks, _throttledTime.Ticks / Period.Ticks, _held, _hits);
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

        var got = Math.Min(Wanted, Limits.Cpu ?? Wanted);
        _cpu += passed * got;
        if (Limits.Cpu is not null)
        {
            _limitedTime += passed;
        }

        if (got < Wanted)
        {
            _throttledTime += passed;
            _throttled += passed * (1 - (got / Wanted));
        }
    }
}
