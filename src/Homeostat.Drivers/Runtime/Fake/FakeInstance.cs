using System.Net;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Turns;

namespace Homeostat.Drivers.Runtime.Fake;

/// <summary>One fake instance. Calls of the driver hold its turn; the state itself changes under a lock because a program may end at any time.</summary>
internal sealed class FakeInstance(InstanceId id, RevisionId revision, FakeHost host, TimeProvider time) : TurnHolder(id), IDisposable
{
    private const long ResidentBytes = 64L << 20;
    private const long ImageBytes = 24L << 20;

    private readonly Lock _lock = new();
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

            _responder = new FakeResponder(Id.Value, Memory, time, () => host.Crash(Id, new ExitInfo(null, 11, false)));
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
            var memory = _tier switch { Tier.Running or Tier.Frozen or Tier.Starting => ResidentBytes, Tier.PagedOut => ResidentBytes / 32, _ => 0 };
            return new ObservedInstance(
                Id, revision, _tier, _pid, _responder?.Endpoint, StartedAt, TimeSpan.FromMilliseconds(0.2 * Memory.Count), memory,
                _tier == Tier.Image ? ImageBytes : 0, _exit);
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
