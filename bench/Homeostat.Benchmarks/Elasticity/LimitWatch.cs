namespace Homeostat.Benchmarks.Elasticity;

/// <summary>Watches one control group: when its CPU limit is written, and when CPU time is used.</summary>
internal sealed class LimitWatch : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMicroseconds(200);

    private readonly CgroupProbe _cgroup;
    private readonly FileSystemWatcher _watcher;
    private readonly TimeSpan _usedBefore;
    private long _written;

    public LimitWatch(CgroupProbe cgroup)
    {
        (_cgroup, _usedBefore) = (cgroup, cgroup.Used());
        _watcher = new FileSystemWatcher(Path.GetDirectoryName(cgroup.LimitFile)!, Path.GetFileName(cgroup.LimitFile)) { NotifyFilter = NotifyFilters.LastWrite };
        _watcher.Changed += (_, _) => Interlocked.CompareExchange(ref _written, TimeProvider.System.GetTimestamp(), 0);
        _watcher.EnableRaisingEvents = true;
    }

    /// <summary>Waits for the write of the limit, and until more than <paramref name="allowed"/> of CPU time was used since this watch began.</summary>
    /// <returns>Timestamps; null: not within <paramref name="limit"/>.</returns>
    public (long? Written, long? Used) UntilRaised(TimeSpan allowed, TimeSpan limit)
    {
        var began = TimeProvider.System.GetTimestamp();
        long? used = null;
        while (TimeProvider.System.GetElapsedTime(began) < limit && (used is null || Interlocked.Read(ref _written) == 0))
        {
            used ??= Interlocked.Read(ref _written) != 0 && _cgroup.Used() - _usedBefore > allowed ? TimeProvider.System.GetTimestamp() : null;
            Pause.For(Look);
        }

        return (Interlocked.Read(ref _written) is var at and not 0 ? at : null, used);
    }

    public void Dispose() => _watcher.Dispose();
}
