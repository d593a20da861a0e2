using System.Net;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Turns;

namespace Homeostat.Drivers.Runtime.Fake;

/// <summary>One fake instance. Calls of the driver hold its turn; the state itself changes under a lock because a program may end at any time.</summary>
internal sealed class FakeInstance(InstanceId id, RevisionId revision, ResourceLimits limits, FakeHost host, TimeProvider time) : TurnHolder(id), IDisposable
{
    private const long ImageBytes = 24L << 20;

    private static readonly TimeSpan RequestCost = TimeSpan.FromMilliseconds(0.2);

    private readonly Lock _lock = new();
    private readonly FakeUsage _usage = new(limits, time);
    private FakeResponder? _responder;
    private int? _pid;
    private ExitInfo? _exit;
    private Tier _tier = Tier.Starting;

    public RevisionId Revision => revision;

    public FakeMemory Memory { get; private set; } = new(time);

    public DateTimeOffset StartedAt { get; private set; } = time.GetUtcNow();

    public Tier Tier
    {
        get
        {
            lock (_lock)
            {
                return _tier;
            }
        }
    }

    public bool HasEnded
    {
        get
        {
            lock (_lock)
            {
                return _exit is not null;
            }
        }
    }

    public IPEndPoint? Endpoint
    {
        get
        {
            lock (_lock)
            {
                return _responder?.Endpoint;
            }
        }
    }

    public bool HoldsAddress => Tier is Tier.Starting or Tier.Running or Tier.Frozen or Tier.PagedOut;

    /// <summary>Begins to run, in a new cell: cold (null), or with the memory of an image.</summary>
    public void Run(FakeMemory? memory)
    {
        lock (_lock)
        {
            if (memory is not null)
            {
                var before = Memory;
                Memory = memory;
                if (before != memory)
                {
                    before.Retire();
                }
            }

            _usage.PassTime(runs: false);
            _responder = new FakeResponder(Id.Value, Memory, time, new FakeWork(
                () => host.Crash(Id, new ExitInfo(null, 11, false)),
                Want,
                Hold,
                () => Spend(RequestCost)));
            _pid = host.NextPid();
            _tier = Tier.Running;
        }

        Memory.Write(memory is null ? "started" : "restored");
    }

    /// <summary>Goes to a tier in which it does not run; false if the program ended meanwhile.</summary>
    public bool Sleep(Tier to)
    {
        lock (_lock)
        {
            if (_exit is not null)
            {
                return false;
            }

            _usage.PassTime(_tier == Tier.Running);
            if (to == Tier.Image)
            {
                _responder?.Dispose();
                (_responder, _pid) = (null, null);
            }
            else
            {
                _responder?.Freeze();
            }

            _tier = to;
            return true;
        }
    }

    public bool Thaw()
    {
        lock (_lock)
        {
            if (_exit is not null)
            {
                return false;
            }

            _usage.PassTime(runs: false);
            _responder?.Thaw();
            _tier = Tier.Running;
            return true;
        }
    }

    /// <summary>The program ended; false if none was running.</summary>
    public bool End(ExitInfo exit)
    {
        lock (_lock)
        {
            if (_exit is not null || _responder is null)
            {
                return false;
            }

            _responder.Dispose();
            (_responder, _pid, _exit, _tier) = (null, null, exit, Tier.Stopped);
        }

        Memory.Write($"ended: {exit}");
        return true;
    }

    public ObservedInstance Observe()
    {
        lock (_lock)
        {
            _usage.PassTime(_tier == Tier.Running);
            var memory = _tier switch { Tier.Running or Tier.Frozen or Tier.Starting => _usage.MemoryBytes, Tier.PagedOut => _usage.MemoryBytes / 32, _ => 0 };
            return new ObservedInstance(
                Id, revision, _tier, _pid, _responder?.Endpoint, StartedAt, _usage.CpuTime, memory,
                _tier == Tier.Image ? ImageBytes : 0, _exit, HoldsAddress ? _usage.Limits : null);
        }
    }

    /// <summary>Limits of a wake: memory is raised only.</summary>
    public void Begin(ResourceLimits limits)
    {
        lock (_lock)
        {
            _usage.Limit(limits with { MemoryBytes = Math.Max(limits.MemoryBytes, _usage.Limits.MemoryBytes) }, runs: false);
        }
    }

    public Failure? Resize(ResourceLimits limits)
    {
        lock (_lock)
        {
            if (_tier is not (Tier.Running or Tier.Frozen or Tier.PagedOut))
            {
                return new Failure(FailureKind.NotFound, $"{Id} is {_tier}: it has no limits to change");
            }

            if (!_usage.CanHave(limits))
            {
                return new Failure(FailureKind.Environment, $"{Id} uses {Quantities.FormatSize(_usage.MemoryBytes)} of memory: too much for a limit of {Quantities.FormatSize(limits.MemoryBytes)}");
            }

            _usage.Limit(limits, _tier == Tier.Running);
            return null;
        }
    }

    public ResourceUsage? Sample()
    {
        lock (_lock)
        {
            return _responder is null ? null : _usage.Read(_tier == Tier.Running);
        }
    }

    /// <summary>Cores that its program would use from now on, as long as it runs.</summary>
    public void Want(double cores)
    {
        lock (_lock)
        {
            _usage.Want(cores, _tier == Tier.Running);
        }
    }

    private void Hold(long bytes)
    {
        lock (_lock)
        {
            if (_usage.Hold(bytes))
            {
                return;
            }
        }

        host.Crash(Id, new ExitInfo(null, 9, OutOfMemory: true));
    }

    private void Spend(TimeSpan cpu)
    {
        lock (_lock)
        {
            _usage.AddCpu(cpu);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _responder?.Dispose();
            _responder = null;
        }
    }
}
