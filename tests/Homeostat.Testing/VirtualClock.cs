namespace Homeostat.Testing;

/// <summary>
/// A clock that only its test moves. Timers fire inline, in order of their time, on the thread that advances. One owner of time: advance only from the test,
/// and only once what should fire is armed (<see cref="ArmedAsync"/>); a timer armed later than the new time waits for the next advance.
/// </summary>
/// <remarks>Its timestamps count at an odd frequency, so code that takes ticks for milliseconds is found out.</remarks>
public sealed class VirtualClock : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly Lock _lock = new();
    private readonly List<Armed> _armed = [];
    private TimeSpan _elapsed;
    private long _order;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override long TimestampFrequency => 3_579_545;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return Epoch + _elapsed;
        }
    }

    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return (long)(_elapsed.TotalSeconds * TimestampFrequency);
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Armed(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Time until the next timer fires; null when none is armed.</summary>
    public TimeSpan? NextTimer
    {
        get
        {
            lock (_lock)
            {
                return _armed.Count == 0 ? null : _armed.Min(t => t.Due) - _elapsed;
            }
        }
    }

    /// <summary>Moves time forward and fires what becomes due, each at its own time.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var until = Elapsed + by;
        while (TakeDue(until) is { } timer)
        {
            timer.Fire();
        }

        lock (_lock)
        {
            _elapsed = until;
        }
    }

    /// <summary>Moves time to the next armed timer and fires it; false when none is armed.</summary>
    public bool AdvanceToNextTimer()
    {
        if (NextTimer is not { } next)
        {
            return false;
        }

        Advance(next < TimeSpan.Zero ? TimeSpan.Zero : next);
        return true;
    }

    /// <summary>Ends when a timer is armed that fires within <paramref name="within"/> from now.</summary>
    public async Task ArmedAsync(TimeSpan within, TimeSpan? deadline = null)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_armed.Any(t => t.Due - _elapsed <= within))
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.Within($"a timer within {within} (armed: {NextTimer?.ToString() ?? "none"})", deadline);
        }
    }

    private TimeSpan Elapsed
    {
        get
        {
            lock (_lock)
            {
                return _elapsed;
            }
        }
    }

    private Armed? TakeDue(TimeSpan until)
    {
        lock (_lock)
        {
            var due = _armed.Where(t => t.Due <= until).OrderBy(t => t.Due).ThenBy(t => t.Order).FirstOrDefault();
            if (due is null)
            {
                return null;
            }

            _elapsed = due.Due > _elapsed ? due.Due : _elapsed;
            if (due.Period > TimeSpan.Zero)
            {
                due.Due = _elapsed + due.Period;
            }
            else
            {
                _armed.Remove(due);
            }

            return due;
        }
    }

    private void Set(Armed timer, TimeSpan dueTime, TimeSpan period)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _armed.Remove(timer);
            if (dueTime >= TimeSpan.Zero)
            {
                (timer.Due, timer.Period, timer.Order) = (_elapsed + dueTime, period, ++_order);
                _armed.Add(timer);
            }

            (changed, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
    }

    private sealed class Armed(VirtualClock clock, Action fire) : ITimer
    {
        public TimeSpan Due { get; set; }

        public TimeSpan Period { get; set; }

        public long Order { get; set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.Set(this, dueTime, period);
            return true;
        }

        public void Dispose() => clock.Set(this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
