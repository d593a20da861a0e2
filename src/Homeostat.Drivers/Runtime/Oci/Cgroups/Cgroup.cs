using Homeostat.Core.Runtime;

namespace Homeostat.Drivers.Runtime.Oci.Cgroups;

/// <summary>
/// The control group of one cell, the same on v1 and v2. The OCI runtime makes it and sets the limits of the bundle; this type freezes, reads and
/// changes it. Members throw <see cref="IOException"/> when the group is gone.
/// </summary>
internal sealed class Cgroup(CgroupLayout layout, string path) : ICellGroup
{
    /// <summary>A group freezes within some tens of microseconds; a task in an uninterruptible wait (a hung disk) can hold it up.</summary>
    private static readonly TimeSpan FreezeLimit = TimeSpan.FromSeconds(2);

    /// <summary>v1 shows no limit as the largest number of whole pages.</summary>
    private const long Unlimited = long.MaxValue / 2;

    public string Path => path;

    public bool Exists => layout.FileOf("memory", path, "cgroup.procs") is { } file && File.Exists(file);

    /// <summary>Stops every task and returns once all stand. On failure they run again.</summary>
    /// <exception cref="TimeoutException">A task did not stop within two seconds.</exception>
    public void Freeze()
    {
        Write("freezer", layout.Version == 2 ? "cgroup.freeze" : "freezer.state", layout.Version == 2 ? "1" : "FROZEN");
        var limit = TimeProvider.System.GetTimestamp();
        for (var spin = new SpinWait(); !IsFrozen; spin.SpinOnce())
        {
            if (TimeProvider.System.GetElapsedTime(limit) > FreezeLimit)
            {
                Thaw();
                throw new TimeoutException($"a task of {path} did not freeze within {FreezeLimit.TotalSeconds:0} s");
            }
        }
    }

    public void Thaw() =>
        Write("freezer", layout.Version == 2 ? "cgroup.freeze" : "freezer.state", layout.Version == 2 ? "0" : "THAWED");

    public bool IsFrozen => layout.Version == 2
        ? Field(Read("", "cgroup.events"), "frozen") == 1
        : Read("freezer", "freezer.state").StartsWith("FROZEN", StringComparison.Ordinal);

    public TimeSpan CpuTime => layout.Version == 2
        ? TimeSpan.FromMicroseconds(Field(Read("", "cpu.stat"), "usage_usec"))
        : TimeSpan.FromMicroseconds(long.Parse(Read("cpuacct", "cpuacct.usage")) / 1000);

    /// <summary>Memory that could not be taken back without swapping: all of it less the inactive file cache.</summary>
    public long MemoryBytes
    {
        get
        {
            var used = long.Parse(Read("memory", layout.Version == 2 ? "memory.current" : "memory.usage_in_bytes"));
            var cache = Field(Read("memory", "memory.stat"), layout.Version == 2 ? "inactive_file" : "total_inactive_file");
            return Math.Max(0, used - cache);
        }
    }

    /// <summary>How often the kernel killed a task at the memory limit.</summary>
    public long OutOfMemoryKills =>
        Field(Read("memory", layout.Version == 2 ? "memory.events" : "memory.oom_control"), "oom_kill");

    /// <summary>Host ids of all processes in it.</summary>
    public IReadOnlyList<int> Processes =>
        [.. Read("memory", "cgroup.procs").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];

    /// <summary>Limits CPU to a number of cores; null lifts the limit (a quota would slow a restore as well).</summary>
    public void SetCpu(double? cores)
    {
        const int period = 100_000;
        var quota = cores is { } number ? Math.Max(1000, (long)(number * period)) : -1;
        if (layout.Version == 2)
        {
            Write("cpu", "cpu.max", quota < 0 ? $"max {period}" : $"{quota} {period}");
        }
        else if (layout.Has("cpu"))
        {
            Write("cpu", "cpu.cfs_quota_us", quota.ToString());
        }
    }

    /// <summary>What it is limited to now.</summary>
    public ResourceLimits ReadLimits()
    {
        const string unlimited = "max";
        var memory = Read("memory", layout.Version == 2 ? "memory.max" : "memory.limit_in_bytes");
        var bytes = memory == unlimited ? long.MaxValue : long.Parse(memory);
        if (layout.Version == 2)
        {
            // Without the controller there is no file, and no limit.
            var file = PathOf("cpu", "cpu.max");
            var fields = File.Exists(file) ? File.ReadAllText(file).Split((char[])[' ', '\n']) : [unlimited];
            return new ResourceLimits(fields[0] == unlimited ? null : double.Parse(fields[0]) / double.Parse(fields[1]), bytes);
        }

        var quota = layout.Has("cpu") ? long.Parse(Read("cpu", "cpu.cfs_quota_us")) : -1;
        return new ResourceLimits(quota < 0 ? null : (double)quota / long.Parse(Read("cpu", "cpu.cfs_period_us")), bytes);
    }

    /// <summary>Whether CPU can be limited: the group has the controller's file.</summary>
    public bool CanLimitCpu => layout.FileOf("cpu", path, layout.Version == 2 ? "cpu.max" : "cpu.cfs_quota_us") is { } file && File.Exists(file);

    /// <summary>
    /// Changes the memory limit. On v1 memory and swap together have one of their own, never below it: it keeps its distance, and is raised before and lowered after.
    /// </summary>
    /// <exception cref="IOException">v1: what is in use does not fit (EBUSY). v2 would end processes instead: the caller looks before.</exception>
    public void SetMemory(long from, long to)
    {
        if (layout.Version == 2)
        {
            Write("memory", "memory.max", to.ToString());
            return;
        }

        const string limit = "memory.limit_in_bytes", both = "memory.memsw.limit_in_bytes";
        var withSwap = File.Exists(PathOf("memory", both)) ? long.Parse(Read("memory", both)) : long.MaxValue;
        var follows = withSwap < Unlimited;
        if (follows && to > from)
        {
            Write("memory", both, (withSwap + to - from).ToString());
        }

        Write("memory", limit, to.ToString());
        if (follows && to < from)
        {
            Write("memory", both, (withSwap + to - from).ToString());
        }
    }

    /// <summary>Opens what <see cref="UsageReader"/> reads.</summary>
    public UsageReader OpenUsage() => new(layout, path);

    /// <summary>Removes it from all hierarchies. Gone already is fine; busy is not an error: the sweeper comes again.</summary>
    public void Remove() => TryRemove(inner: false);

    /// <summary>
    /// Removes it with the groups in it. The last tasks of a group leave each hierarchy in their own time after they were killed, so it is tried again
    /// until <paramref name="patience"/> is over. False: something in it is alive.
    /// </summary>
    public async Task<bool> RemoveAllAsync(TimeSpan patience, TimeProvider time)
    {
        var begun = time.GetTimestamp();
        while (!TryRemove(inner: true))
        {
            if (time.GetElapsedTime(begun) > patience)
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), time);
        }

        return true;
    }

    private bool TryRemove(bool inner)
    {
        var gone = true;
        foreach (var directory in layout.AllMounts.Select(mount => mount + path).Where(Directory.Exists))
        {
            try
            {
                foreach (var child in inner ? Directory.GetDirectories(directory) : [])
                {
                    Directory.Delete(child);
                }

                Directory.Delete(directory);
            }
            catch (IOException)
            {
                // EBUSY: a task of it is not reaped yet.
                gone = false;
            }
        }

        return gone;
    }

    private static long Field(string text, string name)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] == ' ')
            {
                return long.Parse(line[(name.Length + 1)..]);
            }
        }

        return 0;
    }

    private string Read(string controller, string file) => File.ReadAllText(PathOf(controller, file)).TrimEnd();

    private void Write(string controller, string file, string value) => File.WriteAllText(PathOf(controller, file), value);

    private string PathOf(string controller, string file) =>
        layout.FileOf(controller, path, file) ?? throw new IOException($"this host has no {controller} control group");
}
