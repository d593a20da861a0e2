using Homeostat.Core.Activation;
using Homeostat.Server.Forwarding.Contract;

namespace Homeostat.Server.Activation;

/// <summary>Slots of an upstream instance, by its seat.</summary>
internal readonly struct SeatAccess : ISlotAccess<UpstreamInstance>
{
    public static int Target(UpstreamInstance item) => ServiceUpstream.SeatOf(item).Window;

    public static int Limit(UpstreamInstance item) => ServiceUpstream.SeatOf(item).Limit;

    public static int InFlight(UpstreamInstance item) => ServiceUpstream.SeatOf(item).InFlight;

    public static bool IsClosed(UpstreamInstance item) => ServiceUpstream.SeatOf(item).IsClosed;

    public static float ServedMilliseconds(UpstreamInstance item) => ServiceUpstream.SeatOf(item).ServedMilliseconds;

    public static bool TryTake(UpstreamInstance item, int below) => ServiceUpstream.SeatOf(item).TryTake(below);
}
