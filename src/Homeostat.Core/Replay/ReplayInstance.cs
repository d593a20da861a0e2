using Homeostat.Core.Activation;
using Homeostat.Core.Regulation;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Core.Replay;

/// <summary>One simulated instance: its seat, its state, and what it was last counted as. Changed by <see cref="ReplayWorld"/> and the policy that runs in it.</summary>
internal sealed class ReplayInstance(InstanceId id, ScaleSpec scale)
{
    public InstanceId Id => id;

    public ScaleSpec Scale => scale;

    public Tier Tier { get; set; } = Tier.Starting;

    public Operation? Operation { get; set; }

    public DateTimeOffset? ReadyAt { get; set; }

    public DateTimeOffset IdleSince { get; set; }

    public DateTimeOffset? DrainingSince { get; set; }

    /// <summary>When its last request ended; the time since then is a pause when it serves again. Null: none has.</summary>
    public DateTimeOffset? LastReturn { get; set; }

    /// <summary>More than the load needs: used when the others are at their targets.</summary>
    public bool IsReserve { get; set; }

    /// <summary>When it last was at its limits.</summary>
    public DateTimeOffset? StrainedAt { get; set; }

    /// <summary>Slots taken.</summary>
    public int InFlight { get; set; }

    /// <summary>Gives no new slots.</summary>
    public bool IsClosed { get; set; } = true;

    /// <summary>Since when it is counted as <see cref="CountedAwake"/> and <see cref="CountedGb"/>.</summary>
    public long CountedSince { get; set; }

    public bool CountedAwake { get; set; }

    public double CountedGb { get; set; }

    /// <summary>Costs processor time and can serve, or is on the way there.</summary>
    public bool IsAwake => Tier is Tier.Starting or Tier.Running || Operation?.Kind == OperationKind.Waking;

    public InstanceView View(RevisionId revision) => new(id, revision, Tier, InFlight, IdleSince, ReadyAt, Operation, DrainingSince);
}

/// <summary>Slots of a simulated instance. One thread: nobody is ever quicker.</summary>
internal readonly struct ReplaySlots : ISlotAccess<ReplayInstance>
{
    public static int Target(ReplayInstance item) => item.Scale.ConcurrencyTarget;

    public static int Limit(ReplayInstance item) => item.Scale.ConcurrencyLimit;

    public static int InFlight(ReplayInstance item) => item.InFlight;

    /// <summary>All simulated instances are equally quick.</summary>
    public static float ServedMilliseconds(ReplayInstance item) => 0;

    public static bool IsClosed(ReplayInstance item) => item.IsClosed;

    public static bool TryTake(ReplayInstance item, int below)
    {
        if (item.IsClosed || item.InFlight >= below)
        {
            return false;
        }

        item.InFlight++;
        return true;
    }
}
