using Homeostat.Core.Monitoring;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Server.Monitoring;

/// <summary>An instance the <see cref="InstanceMonitor"/> cares for, from when it takes requests until its seat is given up. Safe for concurrent use.</summary>
internal sealed class MonitoredInstance(InstanceMonitor monitor, InstanceId id, Func<int> inFlight, Action strained) : IDisposable
{
    /// <summary>A quiet one is looked at in one tick of so many.</summary>
    private const int QuietTicks = 5;

    /// <summary>Without strain for so long, and using less than a quarter of its limit, it is quiet.</summary>
    private static readonly TimeSpan QuietAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly UsageMeter _meter = new();
    private ResourceLimits? _limits;
    private TimeSpan _livelyAt;
    private int _ticks;
    private int _listed;
    private bool _isRaised;
    private volatile bool _matters;
    private volatile bool _disposed;

    /// <summary>What it used of its limits lately. One that was raised and rests is looked at for this answer; null: it was not looked at, as nothing of it can change.</summary>
    public InstanceUsage? Usage
    {
        get
        {
            lock (_lock)
            {
                return _meter.SampledAt is not null ? _meter.Usage
                    : _isRaised && monitor.Driver.Sample(id) is { } sample ? new InstanceUsage(0, 0, sample.MemoryBytes, false)
                    : null;
            }
        }
    }

    /// <summary>What it has and what is declared. It is worth looking at while it can be raised, or was.</summary>
    public void Fit(ResourceLimits? now, ResourceSpec declared)
    {
        var (least, most) = (ResourceLimits.BaseOf(declared), ResourceLimits.MostOf(declared));
        lock (_lock)
        {
            (_limits, _isRaised) = (now, now is not null && (now.Cpu > least.Cpu || now.MemoryBytes > least.MemoryBytes));
        }

        _matters = now is not null && most != least;
        if (inFlight() > 0)
        {
            Busy();
        }
    }

    /// <summary>A request came to an instance that had none. On the request's path: costs some nanoseconds.</summary>
    public void Busy()
    {
        if (_matters && !_disposed && Volatile.Read(ref _listed) == 0 && Interlocked.Exchange(ref _listed, 1) == 0)
        {
            monitor.Enlist(this);
        }
    }

    public void Dispose() => _disposed = true;

    /// <summary>In the monitor's tick: it is at work no more, and is not listed any longer.</summary>
    internal bool HasRested()
    {
        if (_matters && !_disposed && inFlight() > 0)
        {
            return false;
        }

        Volatile.Write(ref _listed, 0);
        // A request that came in between found the flag set and did not list it: it stays.
        if (_matters && !_disposed && inFlight() > 0 && Interlocked.Exchange(ref _listed, 1) == 0)
        {
            return false;
        }

        lock (_lock)
        {
            _meter.Reset();
        }

        return true;
    }

    /// <summary>Whether this tick is one of its own.</summary>
    internal bool IsDue => ++_ticks % QuietTicks == 0 || monitor.Elapsed - _livelyAt < QuietAfter || IsNew;

    /// <summary>It was not looked at since it came to work.</summary>
    internal bool IsNew => _meter.SampledAt is null;

    /// <summary>True: it has just come to a limit.</summary>
    internal bool Look()
    {
        if (monitor.Driver.Sample(id) is not { } sample)
        {
            return false;
        }

        lock (_lock)
        {
            if (_limits is not { } limits)
            {
                return false;
            }

            var (now, first) = (monitor.Elapsed, _meter.SampledAt is null);
            var told = _meter.Add(now, sample, limits);
            if (first || _meter.Usage is { Throttled: > 0 } or { MemoryTight: true } || _meter.Usage.CpuCores > limits.Cpu / 4)
            {
                _livelyAt = now;
            }

            return told;
        }
    }

    internal void Tell()
    {
        if (!_disposed)
        {
            strained();
        }
    }
}
