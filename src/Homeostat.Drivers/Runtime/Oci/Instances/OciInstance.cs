using System.Net;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Images;
using Homeostat.Drivers.Runtime.Oci.Keeper;
using Homeostat.Drivers.Runtime.Oci.Readiness;
using Homeostat.Drivers.Runtime.Turns;

namespace Homeostat.Drivers.Runtime.Oci.Instances;

/// <summary>
/// One instance. Calls of the driver hold its turn, which makes them one at a time; the state itself changes under a lock because a program may end
/// at any time.
/// </summary>
internal sealed class OciInstance(InstanceId id, RevisionId revision) : TurnHolder(id)
{
    private readonly Lock _lock = new();
    private Tier _tier = Tier.Starting;
    private ExitInfo? _exit;
    private TimeSpan _cpuTime;

    public RevisionId Revision => revision;

    /// <summary>Null before it has one and after it ended.</summary>
    public Cell? Cell { get; set; }

    public int? Pid { get; set; }

    public Reach? Reach { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    /// <summary>What is on disk about it.</summary>
    public InstanceState? State { get; set; }

    public long ImageBytes { get; set; }

    /// <summary>The restore of its sleep image, begun off the request path and stopped before the memory is read; null: not begun.</summary>
    public Task<KeeperAnswer>? Prepared { get; set; }

    /// <summary>The sleep image that <see cref="Prepared"/> restores, where it lies since.</summary>
    public StoredImage? PreparedImage { get; set; }

    /// <summary>When it last went to sleep as an image.</summary>
    public DateTimeOffset SleptAt { get; set; }

    /// <summary>It sleeps, and its cell was folded up: <see cref="Cell"/> is null, its directory and address are still this instance's.</summary>
    public bool IsFolded { get; set; }

    /// <summary>It sleeps, and has something in its cell that is nowhere else.</summary>
    public bool NeedsCell { get; set; }

    /// <summary>Id of the cell that is its own, folded up or not; null without.</summary>
    public string? CellId => Cell?.Id ?? (IsFolded ? State?.Cell : null);

    /// <summary>To be told when this clone crashes right after it was made; null: it is none.</summary>
    public Action<ExitInfo>? CloneCrashed { get; set; }

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

    public ExitInfo? Exit
    {
        get
        {
            lock (_lock)
            {
                return _exit;
            }
        }
    }

    /// <summary>False: the program ended meanwhile, and the tier stays stopped.</summary>
    public bool Become(Tier tier)
    {
        lock (_lock)
        {
            if (_exit is not null)
            {
                return false;
            }

            _tier = tier;
            return true;
        }
    }

    /// <summary>The program ended by itself; false when that was known.</summary>
    public bool End(ExitInfo exit)
    {
        lock (_lock)
        {
            if (_exit is not null)
            {
                return false;
            }

            (_exit, _tier) = (exit, Tier.Stopped);
            return true;
        }
    }

    public ObservedInstance Observe()
    {
        var (tier, exit, cell) = (Tier, Exit, Cell);
        var alive = tier is Tier.Starting or Tier.Running or Tier.Frozen or Tier.PagedOut;
        long memory = 0;
        if (cell is not null && tier is not Tier.Stopped)
        {
            try
            {
                _cpuTime = cell.Cgroup.CpuTime;
                memory = cell.Cgroup.MemoryBytes;
            }
            catch (IOException)
            {
                // The control group went away with its last process, a moment ago: the last figures stand.
            }
        }

        var endpoint = alive && cell is not null && Reach is not null ? new IPEndPoint(cell.Address, Reach.Target.Port) : null;
        return new ObservedInstance(Id, revision, tier, alive ? Pid : null, endpoint, StartedAt, _cpuTime, memory, tier == Tier.Image ? ImageBytes : 0, exit,
            alive ? cell?.Limits.Now : null);
    }
}
