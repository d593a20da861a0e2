using Homeostat.Core.Regulation;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Server.Activation;
using Homeostat.Server.Events;
using Homeostat.Server.Monitoring;

namespace Homeostat.Server.Regulation;

/// <summary>What all controllers of a platform share.</summary>
/// <param name="NextGeneration">A generation larger than every earlier one, those of earlier runs included.</param>
/// <param name="Events">Told what happens; must not block.</param>
/// <param name="AskForList">Asks the board to list the driver's instances and tell the controllers.</param>
internal sealed record ControllerContext(
    IRuntimeDriver Driver,
    SteadyClock Clock,
    IScalePolicy Policy,
    BoardCounters Counters,
    Func<Generation> NextGeneration,
    Action<PlatformEvent> Events,
    Action AskForList)
{
    private long _stamp;

    /// <summary>What services may hold of the host.</summary>
    public required HostCapacity Capacity { get; init; }

    /// <summary>Looks at what instances at work use of their limits.</summary>
    public required InstanceMonitor Monitor { get; init; }

    /// <summary>Has other services look again, in this order; returns at once.</summary>
    public required Action<IReadOnlyList<ServiceName>> Look { get; init; }

    /// <summary>Orders changes of instances and lists of the driver.</summary>
    public long NextStamp() => Interlocked.Increment(ref _stamp);
}
