using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;

namespace Homeostat.Server.Monitoring;

/// <summary>
/// Looks at the counters of instances that are at work and have limits that can change, every ten milliseconds, and tells their controllers at once when one comes to its limit.
/// One timer for all, off when nobody is at work. Safe for concurrent use.
/// </summary>
/// <remarks>
/// <para>A look at an instance takes about 7 us, near its memory limit 17, so 64 of them, the most in one tick, take half a millisecond to one: at most
/// a tenth of one core, whatever the number of instances; beyond 64 at work each is looked at less often, in turn.</para>
/// <para>The request that wakes an instance up pays for one exchange of a flag. One that is quiet at work (an open stream) is looked at every 50 ms.</para>
/// </remarks>
internal sealed class InstanceMonitor : IDisposable
{
    public static readonly TimeSpan Every = TimeSpan.FromMilliseconds(10);

    /// <summary>Looks in one tick.</summary>
    public const int LooksMax = 64;

    /// <summary>An instance that comes to work is looked at at once, unless others were just now.</summary>
    private static readonly TimeSpan FirstLookAfter = TimeSpan.FromMilliseconds(2);

    private readonly IRuntimeDriver _driver;
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly Lock _lock = new();
    private readonly List<MonitoredInstance> _busy = [];
    private readonly List<MonitoredInstance> _told = [];
    private readonly ITimer _timer;
    private int _ticking;
    private int _next;
    private TimeSpan _tickedAt;
    private TimeSpan? _lookedAroundAt;
    private bool _runs;
    private bool _disposed;
    private long _looks;
    private long _crowded;

    public InstanceMonitor(IRuntimeDriver driver, TimeProvider time)
    {
        (_driver, _time, _began) = (driver, time, time.GetTimestamp());
        _timer = time.CreateTimer(static monitor => ((InstanceMonitor)monitor!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Looks taken since the platform started.</summary>
    public long Looks => Volatile.Read(ref _looks);

    /// <summary>Ticks in which more than <see cref="LooksMax"/> were at work.</summary>
    public long Crowded => Volatile.Read(ref _crowded);

    /// <summary>Begins to care for an instance; nothing is looked at before its limits are known and it is at work.</summary>
    /// <param name="inFlight">Requests it has now; any thread.</param>
    /// <param name="strained">Called when it has come to a limit, on a thread of the pool.</param>
    public MonitoredInstance Watch(InstanceId id, Func<int> inFlight, Action strained) => new(this, id, inFlight, strained);

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _busy.Clear();
        }

        _timer.Dispose();
    }

    internal IRuntimeDriver Driver => _driver;

    /// <summary>Monotonic, from the monitor's beginning.</summary>
    internal TimeSpan Elapsed => _time.GetElapsedTime(_began);

    internal void Enlist(MonitoredInstance instance)
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _busy.Add(instance);
            if (!_runs || Elapsed - _tickedAt > FirstLookAfter)
            {
                // Its first look is what the next ones are compared with: what it uses before that is not seen.
                _runs = true;
                _timer.Change(TimeSpan.Zero, Every);
            }
        }
    }

    /// <summary>One look around. A tick that comes while one is still at it is left out.</summary>
    private void Tick()
    {
        if (Interlocked.Exchange(ref _ticking, 1) != 0)
        {
            return;
        }

        try
        {
            LookAround();
            foreach (var instance in _told)
            {
                instance.Tell();
            }
        }
        finally
        {
            _told.Clear();
            Volatile.Write(ref _ticking, 0);
        }
    }

    private void LookAround()
    {
        lock (_lock)
        {
            for (var i = _busy.Count - 1; i >= 0; i--)
            {
                if (_busy[i].HasRested())
                {
                    _busy.RemoveAt(i);
                }
            }

            if (_busy.Count == 0)
            {
                _runs = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                return;
            }

            _tickedAt = Elapsed;
            // Timers may be early by a millisecond.
            var isFull = _lookedAroundAt is not { } last || _tickedAt - last >= Every * 0.8;
            if (isFull)
            {
                _lookedAroundAt = _tickedAt;
                _crowded += _busy.Count > LooksMax ? 1 : 0;
            }

            for (var n = Math.Min(_busy.Count, LooksMax); n > 0; n--)
            {
                // A tick between two others is for those that have just come.
                _next = isFull ? (_next + 1) % _busy.Count : _next;
                Look(isFull ? _busy[_next] : _busy[^n], isFull);
            }
        }
    }

    private void Look(MonitoredInstance instance, bool isFull)
    {
        if (isFull ? !instance.IsDue : !instance.IsNew)
        {
            return;
        }

        _looks++;
        if (instance.Look())
        {
            _told.Add(instance);
        }
    }
}
