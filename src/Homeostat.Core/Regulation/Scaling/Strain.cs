using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation.Scaling;

/// <summary>Whether an instance is at the limit of what it was given: the sign to raise it.</summary>
/// <param name="Cpu">Why more CPU would help; null: it would not.</param>
/// <param name="Memory">Why more memory would help; null: it would not.</param>
public readonly record struct Strain(string? Cpu, string? Memory)
{
    /// <summary>Share of scheduling periods: below, throttling is noise of a short burst.</summary>
    public const double ThrottledMin = 0.05;

    public bool Any => Cpu is not null || Memory is not null;

    /// <param name="waiting">Requests in the gate of the service.</param>
    public static Strain Of(InstanceView instance, ScaleSpec scale, int waiting)
    {
        if (!instance.IsOpen)
        {
            return default;
        }

        var usage = instance.Usage;
        var cpu = usage is { Throttled: >= 1 } ? "at its CPU limit"
            : usage is { Throttled: >= ThrottledMin } ? $"throttled in {usage.Value.Throttled:0%} of its periods"
            : instance.InFlight > scale.ConcurrencyTarget ? $"{instance.InFlight} in flight, target {scale.ConcurrencyTarget}"
            : waiting > 0 && instance.InFlight > 0 ? $"{waiting} waiting for a slot"
            : null;
        return new Strain(cpu, usage is { MemoryTight: true } ? $"{usage.Value.MemoryBytes >> 20} MiB of memory in use, near its limit" : null);
    }
}
