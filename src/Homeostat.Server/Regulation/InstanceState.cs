using Homeostat.Core.Regulation;
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

    /// <summary>Stamp of the last change; lists that began before are older than it.</summary>
    public long ChangedAt { get; set; }

    public Seat? Seat => Upstream is { } upstream ? ServiceUpstream.SeatOf(upstream) : null;

    /// <summary>As the regulator sees it now. Safe from any thread for reading what a turn published.</summary>
    public InstanceView View()
    {
        var seat = Seat;
        var inFlight = seat?.InFlight ?? 0;
        var idle = seat?.LastReturn is { } last && last > idleFloor ? last : idleFloor;
        return new InstanceView(
            Observed.Id, Observed.Revision, Observed.Tier, inFlight, ReadyAt > idle ? ReadyAt.Value : idle, ReadyAt, Operation, DrainingSince, Observed.Exit);
    }

    /// <summary>Lets go of the gateway's view: its idle connections are closed, it is not used again.</summary>
    public void Unseat()
    {
        Seat?.Close();
        (Upstream?.Connections as IDisposable)?.Dispose();
        Upstream = null;
    }
}
