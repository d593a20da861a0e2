using Homeostat.Core.Runtime;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Instances;

namespace Homeostat.Drivers.Runtime.Oci.Tiers;

/// <summary>Takes an instance down the ladder. On failure it goes back to the tier it had.</summary>
internal sealed class InstanceSleeper(OciContext context, ImageTier images)
{
    public async Task<Failure?> SleepAsync(OciInstance instance, Tier to, CancellationToken cancel)
    {
        var from = instance.Tier;
        if (from == to)
        {
            return null;
        }

        if (instance.Cell is not { } cell || from is not (Tier.Running or Tier.Frozen or Tier.PagedOut)
            || to is not (Tier.Frozen or Tier.PagedOut or Tier.Image) || to < from)
        {
            return new Failure(FailureKind.NotFound, $"{instance.Id} is {from}: it can't go to {to}");
        }

        if (Unsupported(instance, to) is { } unsupported)
        {
            return unsupported;
        }

        return to == Tier.Image ? await images.DumpAsync(instance, cell, cancel) : Stand(instance, cell, from, to);
    }

    private static Failure? Stand(OciInstance instance, Cell cell, Tier from, Tier to)
    {
        var done = false;
        try
        {
            if (from == Tier.Running)
            {
                cell.Cgroup.Freeze();
            }

            if (to == Tier.PagedOut)
            {
                PageOut.Run(cell.Cgroup.Processes.Where(pid => pid != cell.InitPid));
            }

            done = instance.Become(to);
            return done ? null : new Failure(FailureKind.ProgramExited, $"{instance.Id} ended meanwhile: {instance.Exit}");
        }
        catch (Exception error) when (error is IOException or TimeoutException)
        {
            return new Failure(FailureKind.Environment, $"{instance.Id} could not go to {to}: {error.Message}");
        }
        finally
        {
            if (!done && from == Tier.Running && cell.Cgroup.Exists)
            {
                cell.Cgroup.Thaw();
            }
        }
    }

    private Failure? Unsupported(OciInstance instance, Tier to) => (to, context.Capabilities) switch
    {
        (Tier.Frozen, { Freeze: false }) => new(FailureKind.NotSupported, "this host has no freezer", "see doctor"),
        (Tier.PagedOut, { PageOut: false }) => new(FailureKind.NotSupported, "this host has nowhere to page out to", "set up zram or swap"),
        (Tier.Image, { Checkpoint: false }) => new(FailureKind.NotSupported, "this host can't make process images", "see doctor"),
        (Tier.Image, _) when instance.State is { Imaging: false } => new(FailureKind.NotSupported, "the service declares checkpoint: { mode: off }"),
        _ => null,
    };
}
