using Homeostat.Core.Runtime;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Drivers.Runtime.Oci.Instances;
using Homeostat.Drivers.Runtime.Oci.Readiness;

namespace Homeostat.Drivers.Runtime.Oci.Tiers;

/// <summary>Brings an instance back to running.</summary>
internal sealed class InstanceWaker(OciContext context, ImageTier images)
{
    public async Task<StartOutcome> WakeAsync(OciInstance instance, ResourceLimits limits, CancellationToken cancel)
    {
        var phases = new Phases(context.Time);
        switch (instance.Tier)
        {
            case Tier.Running:
                return Ready(instance, WakeWay.Running, phases);
            case Tier.Frozen or Tier.PagedOut:
                return Thaw(instance, limits, phases);
            case Tier.Image:
                var failure = await images.RestoreAsync(instance, limits, phases, cancel);
                return failure is null ? Ready(instance, WakeWay.Restored, phases) : new StartOutcome(null, failure);
            default:
                return StartOutcome.Failed(FailureKind.NotFound, $"{instance.Id} is {instance.Tier} and can't be woken");
        }
    }

    private static StartOutcome Thaw(OciInstance instance, ResourceLimits limits, Phases phases)
    {
        try
        {
            instance.Cell?.Limits.Begin(limits, mayLower: false);
            instance.Cell?.Cgroup.Thaw();
        }
        catch (IOException error)
        {
            return StartOutcome.Failed(FailureKind.Environment, $"{instance.Id} could not be thawed: {error.Message}");
        }

        phases.Mark("thaw");
        return instance.Become(Tier.Running)
            ? Ready(instance, WakeWay.Frozen, phases)
            : StartOutcome.Failed(FailureKind.ProgramExited, $"{instance.Id} ended while it was frozen: {instance.Exit}");
    }

    private static StartOutcome Ready(OciInstance instance, WakeWay way, Phases phases) =>
        StartOutcome.Of(new StartReport(instance.Observe(), way, phases.Total, phases.All));
}
