using Homeostat.Core.Explanation;
using Homeostat.Core.Regulation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Regulation.Tiers;
using Homeostat.Core.Runtime;
using Homeostat.Server.Activation;
using Homeostat.Server.Forwarding.Contract;

namespace Homeostat.Server.Regulation;

/// <summary>What a controller knows of one instance. Written by the controller's turns only.</summary>
internal sealed class InstanceState(ObservedInstance observed, DateTimeOffset idleFloor)
{
    public ObservedInstance Observed { get; set; } = observed;

    public Operation? Operation { get; set; }

    /// <summary>Number of <see cref="Operation"/>.</summary>
    public long OperationNumber { get; set; }

    /// <summary>Ends a start that is under way.</summary>
    public CancellationTokenSource? Cancel { get; set; }

    /// <summary>What the gateway uses while it runs; kept while frozen, with its connections.</summary>
    public UpstreamInstance? Upstream { get; set; }

    public DateTimeOffset? ReadyAt { get; set; }

    public DateTimeOffset? DrainingSince { get; set; }

    /// <summary>When it last was at its limits.</summary>
    public DateTimeOffset? StrainedAt { get; set; }

    /// <summary>Looks whether it works although nobody asks it for anything.</summary>
    public IdleWatch IdleWatch { get; } = new();

    /// <summary>What it used of them lately; null: not sampled.</summary>
    public InstanceUsage? Usage => Seat?.Monitored?.Usage;

    /// <summary>Stamp of the last change; lists that began before are older than it.</summary>
    public long ChangedAt { get; set; }

    /// <summary>A list said that it ended while an operation was under way: it is looked at again when that is over.</summary>
    public bool EndUnread { get; set; }

    public Seat? Seat => Upstream is { } upstream ? ServiceUpstream.SeatOf(upstream) : null;

    /// <summary>As the regulator sees it now.</summary>
    public InstanceView View()
    {
        var since = ReadyAt > idleFloor ? ReadyAt.Value : idleFloor;
        var view = new InstanceView(Observed.Id, Observed.Revision, Observed.Tier, 0, since, ReadyAt, Operation, DrainingSince, Observed.Exit, Observed.Limits, Usage);
        return PublishedInstance.Live(view, Seat);
    }

    /// <summary>Lets go of the gateway's view: its idle connections are closed, it is not used again.</summary>
    public void Unseat()
    {
        Seat?.Close();
        Seat?.Monitored?.Dispose();
        (Upstream?.Connections as IDisposable)?.Dispose();
        Upstream = null;
    }
}

/// <summary>An instance as a turn left it. Immutable; its work is read from the seat. Safe for concurrent use.</summary>
internal sealed record PublishedInstance(InstanceView View, ObservedInstance Observed, UpstreamInstance? Upstream)
{
    public InstanceSnapshot Now() => new(Live(View, Upstream is { } upstream ? ServiceUpstream.SeatOf(upstream) : null), Observed);

    public static InstanceView Live(InstanceView view, Seat? seat)
    {
        // The count first: a slot given back after it was read makes the instance look idle for too short, never for too long.
        var inFlight = seat?.InFlight ?? 0;
        return view with { InFlight = inFlight, IdleSince = seat?.LastReturn is { } last && last > view.IdleSince ? last : view.IdleSince };
    }
}
