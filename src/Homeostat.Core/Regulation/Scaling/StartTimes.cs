using Homeostat.Core.Runtime;

namespace Homeostat.Core.Regulation.Scaling;

/// <summary>How long it takes this service to get an instance running, by way: the median of its last starts; null: not measured yet.</summary>
/// <param name="Frozen">A thaw.</param>
/// <param name="Restored">A sleep image, a clone or a parked spare.</param>
/// <param name="Cold">The program executed, until it is ready.</param>
public sealed record StartTimes(TimeSpan? Frozen, TimeSpan? Restored, TimeSpan? Cold)
{
    public static StartTimes Unknown { get; } = new(null, null, null);

    public TimeSpan? Of(WakeWay way) => way switch
    {
        WakeWay.Running => TimeSpan.Zero,
        WakeWay.Frozen => Frozen,
        WakeWay.Restored => Restored,
        _ => Cold,
    };
}
