using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Images;
using Homeostat.Drivers.Runtime.Oci.Readiness;
using Homeostat.Drivers.Runtime.Oci.Revisions;
using Homeostat.Drivers.Runtime.Oci.Tiers;

namespace Homeostat.Drivers.Runtime.Oci.Instances;

/// <summary>Starts new instances. On any failure nothing of the instance remains.</summary>
internal sealed class InstanceStarter(OciContext context, InstanceEnder ender)
{
    public async Task<StartOutcome> StartAsync(OciInstance instance, OciRevision revision, StartWay way, ResourceLimits limits, CancellationToken cancel)
    {
        var phases = new Phases(context.Time);
        instance.StartedAt = context.Time.GetUtcNow();
        try
        {
            var outcome = way == StartWay.Cold
                ? await StartColdAsync(instance, revision, limits, phases, cancel)
                : await StartCloneAsync(instance, revision, way, limits, phases, cancel);
            if (outcome.Failure is not null)
            {
                await ender.RemoveAsync(instance);
            }

            return outcome;
        }
        catch (NoAddressException error)
        {
            await ender.RemoveAsync(instance);
            return StartOutcome.Failed(FailureKind.NoAddress, error.Message, "stop instances, or give the platform a larger range with --addresses");
        }
        catch (IOException error)
        {
            await ender.RemoveAsync(instance);
            return DiskFull.Is(error)
                ? StartOutcome.Failed(FailureKind.NoSpace, error.Message, $"free space on the disk of {context.Data.Data}")
                : StartOutcome.Failed(FailureKind.Environment, error.Message, "see doctor");
        }
        catch
        {
            await ender.RemoveAsync(instance);
            throw;
        }
    }

    private async Task<StartOutcome> StartColdAsync(OciInstance instance, OciRevision revision, ResourceLimits limits, Phases phases, CancellationToken cancel)
    {
        var cell = await revision.TakeCellAsync(cancel);
        phases.Mark("cell");
        Settle(instance, revision, cell, limits, mayLower: true);
        var logs = context.Store.LogsOf(instance.Id);
        var (pid, reach, failure) = await ColdStart.RunAsync(
            cell, revision.Spec, ProgramEnvironment.Of(revision.Spec, cell.Id), instance.Id, logs, phases, context.Time, cancel);
        return failure is null && reach is not null
            ? Ready(instance, cell, pid, reach, WakeWay.Cold, phases)
            : new StartOutcome(null, failure);
    }

    private async Task<StartOutcome> StartCloneAsync(
        OciInstance instance, OciRevision revision, StartWay way, ResourceLimits limits, Phases phases, CancellationToken cancel)
    {
        if (revision.Clones is not { } source)
        {
            return StartOutcome.Failed(FailureKind.NoImage, $"{instance.Revision} has no template that may be cloned");
        }

        var spare = way == StartWay.Spare ? source.Spares.Take() : null;
        if (way == StartWay.Spare && spare is null)
        {
            return StartOutcome.Failed(FailureKind.NoImage, $"no spare of {instance.Revision} is parked");
        }

        var cell = spare ?? await source.Cells.TakeAsync(cancel);
        phases.Mark("cell");
        Settle(instance, revision, cell, limits, mayLower: false);
        var logs = context.Store.LogsOf(instance.Id);
        var stopped = source.Image.Record.Stopped;
        if (spare is null && ImageStore.WhyNot(source.Image) is { } why)
        {
            var damaged = new Failure(FailureKind.RestoreFailed, $"the template of {instance.Revision} can't be used: {why}", "it starts cold instead");
            revision.CloneEnded(source, damaged);
            return new StartOutcome(null, damaged);
        }

        // Not cancelled from here on: it takes some milliseconds, and a clone half restored would have to be waited for all the same.
        var answer = spare is null
            ? await cell.Keeper.RestoreAsync(source.Image.Path, consume: false, park: false, logs, CancellationToken.None, stopped)
            : await cell.Keeper.ResumeAsync(logs, CancellationToken.None, stopped);
        phases.Mark(spare is null ? "criu" : "resume", answer.Stages);
        var reach = source.Reach.In(cell.Address);
        var failure = answer.Ok
            ? await Hooks.AfterRestoreAsync(cell, reach, revision.Spec.Checkpoint.AfterRestore, clone: true, CancellationToken.None)
            : new Failure(FailureKind.RestoreFailed, $"the template of {instance.Revision} could not be restored: {CriuReason.OfRestore(answer.Reason)}");
        revision.CloneEnded(source, failure);
        instance.CloneCrashed = exit => revision.CloneCrashed(source, exit);
        return failure is null
            ? Ready(instance, cell, answer.Pid, reach, WakeWay.Restored, phases)
            : new StartOutcome(null, failure);
    }

    /// <summary>The cell is the instance's from here on, also for a platform that finds it after a crash.</summary>
    private void Settle(OciInstance instance, OciRevision revision, Cell cell, ResourceLimits limits, bool mayLower)
    {
        instance.Cell = cell;
        cell.Limits.Begin(limits, mayLower);
        instance.State = new InstanceState(
            instance.Id.Value,
            instance.Revision.Service.Value,
            instance.Revision.Number,
            cell.Id,
            cell.Address.ToString(),
            revision.Spec.Port,
            cell.Limits.Now?.MemoryBytes ?? limits.MemoryBytes,
            instance.StartedAt,
            context.Boot,
            Reach: null,
            revision.Spec.Workdir,
            revision.Spec.Checkpoint.Mode == CheckpointMode.Auto,
            revision.Spec.Checkpoint.AfterRestore,
            revision.Spec.Checkpoint.BeforeCheckpoint);
        context.Store.Write(instance.State);
    }

    private StartOutcome Ready(OciInstance instance, Cell cell, int? pid, Reach reach, WakeWay way, Phases phases)
    {
        (instance.Pid, instance.Reach) = (pid, reach);
        instance.State = instance.State! with { Reach = ReachState.Of(reach) };
        context.Store.Write(instance.State);
        instance.Become(Tier.Running);
        ender.Watch(instance, cell);
        return StartOutcome.Of(new StartReport(instance.Observe(), way, phases.Total, phases.All));
    }
}
