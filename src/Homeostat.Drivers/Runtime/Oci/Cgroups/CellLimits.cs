using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Drivers.Runtime.Oci.Cgroups;

/// <summary>
/// What a cell may use, changed in place, and what it has used. Knows what the kernel has, so that only changes are written. Safe for concurrent use, beside
/// starts, sleeps and dumps as well.
/// </summary>
/// <param name="group">Null: without root there is none, and nothing is limited or counted.</param>
/// <param name="made">What the cell was made with; null: it was adopted, and the kernel is asked.</param>
internal sealed class CellLimits(Cgroup? group, ResourceLimits? made) : IDisposable
{
    /// <summary>Between what is in use and a lower limit there must be room: it grows while the limit is written, and v2 kills at once what does not fit.</summary>
    private const int RoomDivisor = 8;

    private readonly Lock _writing = new();
    private readonly Lock _reading = new();
    private ResourceLimits? _now = made;

    /// <summary>The kernel has no CPU limit although the instance has: it is being dumped, or is an image.</summary>
    private bool _lifted;

    /// <summary>The smallest memory limit it has had: whether it would fit in there again is asked of a sample as well.</summary>
    private long _least = made?.MemoryBytes ?? long.MaxValue;

    private UsageReader? _usage;
    private bool _closed;

    /// <summary>Null: not known.</summary>
    public ResourceLimits? Now
    {
        get
        {
            lock (_writing)
            {
                try
                {
                    return Known();
                }
                catch (IOException)
                {
                    return null; // The group went with its last process.
                }
            }
        }
    }

    /// <summary>Before a program runs in it. CPU is left without limit where the host has no controller for it.</summary>
    /// <param name="mayLower">False: what is in it may need the memory it has.</param>
    /// <exception cref="IOException">The group is gone, or the kernel refuses.</exception>
    public void Begin(ResourceLimits limits, bool mayLower)
    {
        if (group is null)
        {
            return;
        }

        lock (_writing)
        {
            if (Known() is { } now && (limits.MemoryBytes > now.MemoryBytes || (mayLower && limits.MemoryBytes < now.MemoryBytes)))
            {
                group.SetMemory(now.MemoryBytes, limits.MemoryBytes);
                _now = now with { MemoryBytes = limits.MemoryBytes };
            }

            if ((_lifted ? null : _now!.Cpu) != limits.Cpu && group.CanLimitCpu)
            {
                group.SetCpu(limits.Cpu);
                _now = _now! with { Cpu = limits.Cpu };
            }

            _lifted = false;
        }
    }

    /// <summary>Changes what an instance may use; on a failure nothing has changed.</summary>
    public Failure? Change(InstanceId id, ResourceLimits limits)
    {
        if (group is null)
        {
            return new Failure(FailureKind.NotSupported, "without control groups nothing is limited", "start the platform as root");
        }

        lock (_writing)
        {
            try
            {
                var now = Known()!;
                return WhyNot(id, now, limits) ?? Write(now, limits);
            }
            catch (IOException error)
            {
                return group.Exists
                    ? new Failure(FailureKind.Environment, $"the limits of {id} could not be changed: {error.Message}")
                    : new Failure(FailureKind.NotFound, $"{id} has no container now");
            }
        }
    }

    /// <summary>Before a dump: a quota would slow it. What the instance may use is kept for <see cref="ReturnCpu"/>.</summary>
    public void LiftCpu()
    {
        lock (_writing)
        {
            if (group is not null && Known() is { Cpu: not null } && !_lifted)
            {
                group.SetCpu(null);
                _lifted = true;
            }
        }
    }

    public void ReturnCpu()
    {
        lock (_writing)
        {
            if (group is not null && _lifted)
            {
                group.SetCpu(_now!.Cpu);
                _lifted = false;
            }
        }
    }

    /// <summary>Null: nothing counts here, or it is gone.</summary>
    public ResourceUsage? Sample()
    {
        if (group is null)
        {
            return null;
        }

        lock (_reading)
        {
            try
            {
                if (_closed)
                {
                    return null;
                }

                _usage ??= group.OpenUsage();
                return _usage.Read(Math.Min(_least, Volatile.Read(ref _now)?.MemoryBytes ?? long.MaxValue));
            }
            catch (IOException)
            {
                return null; // The group went with its last process.
            }
        }
    }

    public void Dispose()
    {
        lock (_reading)
        {
            _closed = true;
            _usage?.Dispose();
        }
    }

    private ResourceLimits? Known() => _now ??= group?.ReadLimits();

    private Failure? WhyNot(InstanceId id, ResourceLimits now, ResourceLimits wanted)
    {
        if (wanted.Cpu != now.Cpu && !group!.CanLimitCpu)
        {
            return new Failure(FailureKind.NotSupported, "this host has no CPU controller", "see doctor");
        }

        return wanted.MemoryBytes < now.MemoryBytes && group!.MemoryBytes is var used && used > wanted.MemoryBytes - (wanted.MemoryBytes / RoomDivisor)
            ? new Failure(
                FailureKind.Environment,
                $"{id} uses {Quantities.FormatSize(used)} of memory: too much for a limit of {Quantities.FormatSize(wanted.MemoryBytes)}, of which an eighth is kept free",
                "its limit is lowered when it uses less")
            : null;
    }

    private Failure? Write(ResourceLimits now, ResourceLimits wanted)
    {
        if (wanted.MemoryBytes != now.MemoryBytes)
        {
            group!.SetMemory(now.MemoryBytes, wanted.MemoryBytes);
        }

        try
        {
            if (wanted.Cpu != now.Cpu && !_lifted)
            {
                group!.SetCpu(wanted.Cpu);
            }
        }
        catch (IOException) when (wanted.MemoryBytes != now.MemoryBytes)
        {
            group!.SetMemory(wanted.MemoryBytes, now.MemoryBytes);
            throw;
        }

        _now = wanted;
        return null;
    }
}
