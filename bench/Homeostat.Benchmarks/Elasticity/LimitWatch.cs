namespace Homeostat.Benchmarks.Elasticity;

/// <summary>Watches one control group: when its CPU limit is written, and when CPU time is used.</summary>
internal sealed class LimitWatch : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMicroseconds(200);
    private static readonly TimeSpan Stall = TimeSpan.FromMilliseconds(4);

    private readonly CgroupProbe _cgroup;
    private readonly FileSystemWatcher _watcher;
    private long _written;

    public LimitWatch(CgroupProbe cgroup)
    {
        _cgroup = cgroup;
        _watcher = new FileSystemWatcher(Path.GetDirectoryName(cgroup.LimitFile)!, Path.GetFileName(cgroup.LimitFile)) { NotifyFilter = NotifyFilters.LastWrite };
        _watcher.Changed += (_, _) => Interlocked.CompareExchange(ref _written, TimeProvider.System.GetTimestamp(), 0);
        _watcher.EnableRaisingEvents = true;
    }

    /// <summary>Returns when no CPU time was used for a while, 1 s at most: it has used up its share of the period.</summary>
    public void UntilStalled()
    {
        var (began, used) = (TimeProvider.System.GetTimestamp(), _cgroup.Used());
        var since = began;
        while (TimeProvider.System.GetElapsedTime(since) < Stall && TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(1))
        {
            Pause.For(Look);
            if (_cgroup.Used() is var now && (now != used || now == TimeSpan.Zero))
            {
                (used, since) = (now, TimeProvider.System.GetTimestamp());
            }
        }
    }

    /// <summary>Waits for the write of the limit, and for CPU time used after it.</summary>
    /// <returns>Timestamps; null: not within <paramref name="limit"/>.</returns>
    public (long? Written, long? Used) UntilRaised(TimeSpan limit)
    {
        var began = TimeProvider.System.GetTimestamp();
        var before = _cgroup.Used();
        while (TimeProvider.System.GetElapsedTime(began) < limit)
        {
            var (written, used) = (Interlocked.Read(ref _written), _cgroup.Used());
            if (written != 0 && used != before)
            {
                return (written, TimeProvider.System.GetTimestamp());
            }

            // Used before the write: the next period had begun. What counts is what comes after.
            before = written == 0 ? used : before;
            Pause.For(Look);
        }

        return (Interlocked.Read(ref _written) is var at and not 0 ? at : null, null);
    }

    public void Dispose() => _watcher.Dispose();
}
