using System.Net.Sockets;
using Homeostat.Core.Runtime;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Images;
using Homeostat.Drivers.Runtime.Oci.Instances;
using Homeostat.Drivers.Runtime.Oci.Keeper;
using Homeostat.Drivers.Runtime.Oci.Readiness;

namespace Homeostat.Drivers.Runtime.Oci.Tiers;

/// <summary>
/// Sleep images: an instance's program is dumped and its cell stays (init, namespaces, root, address; about 2 MB with the prepared restore), so that the wake finds files, /dev/shm,
/// name and address as they were. The image is consumed before the program resumes: it can never be restored twice.
/// </summary>
internal sealed class ImageTier(OciContext context, InstanceEnder ender, CellKeep keep)
{
    public async Task<Failure?> DumpAsync(OciInstance instance, Cell cell, CancellationToken cancel)
    {
        var from = instance.Tier;
        var slept = false;
        try
        {
            if (from != Tier.Running)
            {
                cell.Cgroup.Thaw();
            }

            if (await Hooks.BeforeCheckpointAsync(cell, instance.Reach!, instance.State!.BeforeCheckpoint, cancel) is { } refusal)
            {
                return refusal;
            }

            cell.Limits.LiftCpu();
            var failure = await DumpAsync(instance, cell);
            slept = failure is null;
            return failure;
        }
        catch (IOException error)
        {
            return DiskFull.Is(error)
                ? new Failure(FailureKind.NoSpace, $"{instance.Id} could not be dumped: the disk is full ({error.Message})", $"free space on the disk of {context.Data.Data}; it is tried again later")
                : new Failure(FailureKind.DumpFailed, $"{instance.Id} could not be dumped: {error.Message}", "it is tried again later; doctor checks the host");
        }
        finally
        {
            if (!slept)
            {
                GoBack(instance, cell, from);
            }
        }
    }

    /// <summary>Not cancelled once criu works: a program half dumped is neither asleep nor awake.</summary>
    private async Task<Failure?> DumpAsync(OciInstance instance, Cell cell)
    {
        if (InnerConnection(instance.Id.Value, cell, instance.Reach!.Target.Port) is { } connected)
        {
            return connected;
        }

        var store = context.Images!;
        if (store.Begin(ImageKind.Sleep, instance.Id.Value, cell.Cgroup.MemoryBytes) is not { } draft)
        {
            return new Failure(FailureKind.NoSpace, "there is no room for another image", "raise the limits of images, or remove services");
        }

        var answer = await cell.Keeper.DumpAsync(draft.Path, leave: false, CancellationToken.None, WatchedOf(instance.State!.Workdir));
        if (!answer.Ok)
        {
            ImageStore.Abandon(draft);
            var failure = DumpFailure(instance.Id.Value, answer.Reason, draft).Failure;
            return answer.Kind == "lost"
                ? failure with { Message = $"{failure.Message}; the program is lost with it", Remedy = "the next request starts another instance" }
                : failure;
        }

        StoredImage image;
        try
        {
            image = store.Complete(draft, stopped: false);
        }
        catch (IOException)
        {
            // A full disk, most likely. The program is in the draft alone by now, and nobody could tell that it is complete.
            ImageStore.Abandon(draft);
            await cell.Keeper.EndAsync(CancellationToken.None);
            throw;
        }

        instance.ImageBytes = image.Record.Bytes;
        if (cell.Limits.Now is { } limits && limits.MemoryBytes != instance.State.MemoryBytes)
        {
            instance.State = instance.State with { MemoryBytes = limits.MemoryBytes };
            context.Store.Write(instance.State);
        }

        (instance.Pid, _) = (null, instance.Become(Tier.Image));
        instance.Prepared = cell.Keeper.PrepareAsync(image.Path, consume: true, CancellationToken.None);
        instance.PreparedImage = ImageStore.Prepared(image, cell.Id);
        keep.Slept(instance);
        return null;
    }

    public async Task<Failure?> RestoreAsync(OciInstance instance, ResourceLimits limits, Phases phases, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var why = await UnfoldAsync(instance, phases);
        if (instance is not { Cell: { } cell, State: { } state, Reach: { } reach })
        {
            await ender.RemoveAsync(instance);
            return new Failure(FailureKind.RestoreFailed, $"{instance.Id} has no cell to be restored in{why}", "it starts cold instead");
        }

        // At least the memory it had: its image may need it.
        cell.Limits.Begin(limits with { MemoryBytes = Math.Max(limits.MemoryBytes, state.MemoryBytes) }, mayLower: false);
        NoteHook(instance, isDue: true);
        var answer = await RestoreAsync(instance, cell);
        phases.Mark("criu", answer.Stages);
        var failure = answer.Ok
            ? await Hooks.AfterRestoreAsync(cell, reach, state.AfterRestore, clone: false, CancellationToken.None)
            : new Failure(FailureKind.RestoreFailed, $"the sleep image of {instance.Id} could not be restored: {CriuReason.OfRestore(answer.Reason)}", "it starts cold instead");
        if (failure is not null)
        {
            await ender.RemoveAsync(instance);
            return failure;
        }

        if (state.AfterRestore is not null)
        {
            NoteHook(instance, isDue: false);
            phases.Mark("hook");
        }

        (instance.Pid, instance.ImageBytes) = (answer.Pid, 0);
        instance.Become(Tier.Running);
        return null;
    }

    /// <summary>For a platform that has to go on here after this one was killed. Costs nothing where no hook is declared.</summary>
    private void NoteHook(OciInstance instance, bool isDue)
    {
        if (instance.State is { AfterRestore: not null } state)
        {
            instance.State = state with { HookDue = isDue };
            context.Store.Write(instance.State);
        }
    }

    /// <summary>Why it still has no cell, to be put behind a sentence; null where that is no question.</summary>
    private async Task<string?> UnfoldAsync(OciInstance instance, Phases phases)
    {
        if (!instance.IsFolded)
        {
            return null;
        }

        try
        {
            ender.Watch(instance, await keep.UnfoldAsync(instance));
            phases.Mark("cell");
            return null;
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            return $": {error.Message}";
        }
    }

    private async Task<KeeperAnswer> RestoreAsync(OciInstance instance, Cell cell)
    {
        var logs = context.Store.LogsOf(instance.Id);
        if (instance.Prepared is { } preparing)
        {
            instance.Prepared = null;
            var prepared = await preparing;
            // Here and not before: the pages are read from the files now, and the instance may have slept for weeks.
            var why = instance.PreparedImage is { } lies ? ImageStore.WhyNot(lies) : "the record of the image is missing or damaged";
            var answer = (prepared.Ok, why) switch
            {
                (false, _) => prepared,
                (_, { } changed) => new KeeperAnswer(false, "image", changed, null),
                _ => await cell.Keeper.ResumeAsync(logs, CancellationToken.None),
            };
            if (answer.Ok || context.Images!.Find(ImageKind.Sleep, instance.Id.Value).Image is not { } returned)
            {
                return answer;
            }

            // The criu that stood in the cell was ended from outside, and the keeper has put the image back: another one restores it.
            return await cell.Keeper.RestoreAsync(returned.Path, consume: true, park: false, logs, CancellationToken.None);
        }

        var found = context.Images!.Find(ImageKind.Sleep, instance.Id.Value);
        return found.Image is { } image
            ? await cell.Keeper.RestoreAsync(image.Path, consume: true, park: false, logs, CancellationToken.None)
            : new KeeperAnswer(false, "image", found.Why!, null);
    }

    /// <summary>What would be lost in an image without anybody noticing; null where nothing would.</summary>
    public static Failure? InnerConnection(string what, Cell cell, int servicePort) => ListenTable.InnerConnection(cell.Netns, cell.Address, servicePort) is { } remote
        ? new Failure(
            FailureKind.DumpFailed,
            $"{what} could not be dumped: its processes are connected to each other by TCP (port {remote.Port}), which an image would cut",
            "let them talk over a Unix socket; until then it sleeps frozen")
        : null;

    /// <summary>Where programs watch files by inotify: below their working directory, if they have one of their own.</summary>
    public static IReadOnlyList<string> WatchedOf(string workdir) => workdir == "/" ? [] : [workdir];

    /// <returns>The failure, and whether it would be the same the next time.</returns>
    public static (Failure Failure, bool IsLasting) DumpFailure(string what, string reason, ImageDraft draft)
    {
        var found = CriuReason.OfDump(reason, Path.GetDirectoryName(draft.Path)!);
        var kind = DiskFull.Is(reason) ? FailureKind.NoSpace : FailureKind.DumpFailed;
        return (new Failure(kind, $"{what} could not be dumped: {found.Cause}", found.Remedy), found.IsLasting);
    }

    private static void GoBack(OciInstance instance, Cell cell, Tier from)
    {
        try
        {
            cell.Limits.ReturnCpu();
            if (from != Tier.Running)
            {
                cell.Cgroup.Freeze();
            }
        }
        catch (Exception error) when (error is IOException or TimeoutException)
        {
            // The cell ended with the dump: its watcher tells.
        }
    }
}
