using Homeostat.Core.Services;

namespace Homeostat.Core.Activation;

/// <summary>What bounds the requests that wait for one service.</summary>
/// <param name="WaitersMax">Requests waiting at most. Default 8192: below a megabyte of bookkeeping, above any burst one host answers in the hold time.</param>
/// <param name="HeldBytesMax">Bytes of waiting requests held in memory at most. Default 16 MiB: bytes, not counts, are what exhausts a gateway.</param>
/// <param name="HoldTime">Longest wait. Default 30 s.</param>
public sealed record GateLimits(int WaitersMax, long HeldBytesMax, TimeSpan HoldTime)
{
    /// <summary>No request is held longer, however slow its service starts.</summary>
    public static readonly TimeSpan HoldTimeMax = TimeSpan.FromSeconds(120);

    public static GateLimits Default { get; } = new(8192, 16L << 20, TimeSpan.FromSeconds(30));

    /// <summary>The defaults, with a hold time that covers the declared start timeout, so that a failing start is told as such.</summary>
    public static GateLimits For(ServiceSpec spec)
    {
        var hold = spec.Health.StartTimeout + TimeSpan.FromSeconds(2);
        return Default with { HoldTime = hold < Default.HoldTime ? Default.HoldTime : hold > HoldTimeMax ? HoldTimeMax : hold };
    }
}
