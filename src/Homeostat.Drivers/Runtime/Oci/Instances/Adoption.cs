using System.Net;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Images;
using Homeostat.Drivers.Runtime.Oci.Keeper;
using Homeostat.Drivers.Runtime.Oci.Roots;
using Homeostat.Drivers.Runtime.Oci.Templates;
using Homeostat.Drivers.Runtime.Oci.Tiers;

namespace Homeostat.Drivers.Runtime.Oci.Instances;

/// <summary>Takes up the instances that an earlier platform on the data directory left running or asleep.</summary>
internal sealed class Adoption(OciContext context, InstanceEnder ender)
{
    /// <returns>Those that could not be taken up.</returns>
    public async Task<IReadOnlyList<LostInstance>> RunAsync(CancellationToken cancel)
    {
        List<LostInstance> lost = [];
        context.Store.RemoveUnreadable();
        foreach (var state in context.Store.ReadAll())
        {
            var instance = new OciInstance(new InstanceId(state.Id), new RevisionId(new ServiceName(state.Service), state.Revision))
            {
                State = state,
                StartedAt = state.StartedAt,
                Reach = state.Reach?.ToReach(),
            };
            if (await TakeUpAsync(instance, state, cancel) is { } why)
            {
                lost.Add(new LostInstance(instance.Id, instance.Revision, why));
                await ender.RemoveAsync(instance);
            }
        }

        context.Images?.Collect(
            (kind, owner) => kind == ImageKind.Sleep
                ? context.Instances.Find(new InstanceId(owner)) is { Tier: Tier.Image }
                : TemplateRecord.Read(Path.Combine(context.Data.Templates, owner)) is { ClonesAllowed: true },
            context.Instances.All.Select(instance => instance.CellId).OfType<string>().ToHashSet());
        HostRoots.Collect(context);
        return lost;
    }

    /// <returns>Why not; null: it was taken up.</returns>
    private async Task<string?> TakeUpAsync(OciInstance instance, InstanceState state, CancellationToken cancel)
    {
        if (state.Boot != context.Boot)
        {
            return "the host was restarted";
        }

        if (state.Reach is null)
        {
            return "it was being started when the platform ended";
        }

        try
        {
            (instance.Cell, var ended) = await context.Cells.AdoptAsync(state.Cell, IPAddress.Parse(state.Address), cancel);
            return (instance.Cell, ended) switch
            {
                ({ } cell, _) => await TakeUpAsync(instance, cell, cancel),
                (_, { Dump: { } reason }) => $"its dump failed: {CriuReason.OfDump(reason, context.Data.Images).Cause}",
                (_, { Exit: var exit }) => $"it ended while no platform ran: {exit}",
                _ => TakeUpFolded(instance, state),
            };
        }
        catch (IOException error)
        {
            return error.Message;
        }
    }

    private async Task<string?> TakeUpAsync(OciInstance instance, Cell cell, CancellationToken cancel)
    {
        // Answered once the keeper is through with what it was told before: a dump that was under way is complete then, or known to be none.
        var status = await cell.Keeper.StatusAsync(cancel);
        if (status.Dumped is { } path)
        {
            Complete(instance, cell, path);
        }

        var (tier, why) = await TierOfAsync(status, instance, cell);
        if (tier is null)
        {
            return why;
        }

        instance.Pid = status.ProgramPid;
        instance.Become(tier.Value);
        context.Instances.Add(instance);
        ender.Watch(instance, cell);
        return null;
    }

    /// <summary>It sleeps without a cell: its image, what it wrote and its address are all there is of it.</summary>
    private string? TakeUpFolded(OciInstance instance, InstanceState state)
    {
        if (!File.Exists(Path.Combine(context.Data.Cell(state.Cell).Directory, PlanRecord.FileName)))
        {
            return "its container is gone";
        }

        var found = context.Images?.Find(ImageKind.Sleep, instance.Id.Value) ?? new ImageLookup(null, "there is no criu now");
        if (found.Image is not { } image)
        {
            return $"its container is gone, and {found.Why}";
        }

        if (!context.Network.Addresses.Adopt(IPAddress.Parse(state.Address)))
        {
            return $"its address {state.Address} is not to be had in {context.Network.Addresses.Range}";
        }

        context.Store.TakeUp(state);
        instance.IsFolded = true;
        instance.Become(Asleep(instance, image));
        context.Instances.Add(instance);
        return null;
    }

    /// <summary>The platform was killed after it had told the keeper to dump the program, and before it knew of the end.</summary>
    private void Complete(OciInstance instance, Cell cell, string path)
    {
        if (context.Images is not { } images || images.FindDraft(ImageKind.Sleep, instance.Id.Value, path) is not { } draft)
        {
            return; // It knew, and made an image of it.
        }

        images.Complete(draft, stopped: false);
        instance.State = instance.State! with { MemoryBytes = cell.Limits.Now?.MemoryBytes ?? instance.State.MemoryBytes };
        context.Store.Write(instance.State);
    }

    private async Task<(Tier? Tier, string? Why)> TierOfAsync(KeeperStatus status, OciInstance instance, Cell cell)
    {
        switch (status.State)
        {
            case "running":
                return await HookAsync(instance, cell) is { } refusal
                    ? (null, refusal.Message)
                    : (cell.Cgroup.Exists && cell.Cgroup.IsFrozen ? Tier.Frozen : Tier.Running, null);
            case "empty":
                var found = context.Images?.Find(ImageKind.Sleep, instance.Id.Value) ?? new ImageLookup(null, "there is no criu now");
                return found.Image is { } image ? (Asleep(instance, image), null) : (null, $"its container is empty, and {found.Why}");
            case "prepared":
                return (Prepared(instance, cell), null);
            default:
                return (null, $"its container is {status.State}");
        }
    }

    /// <summary>The platform was killed between the restore and the hook after it: nobody else will call it.</summary>
    private async Task<Failure?> HookAsync(OciInstance instance, Cell cell)
    {
        if (instance.State is not { HookDue: true, AfterRestore: { } hook } state)
        {
            return null;
        }

        var refusal = await Hooks.AfterRestoreAsync(cell, instance.Reach!, hook, clone: false, CancellationToken.None);
        instance.State = state with { HookDue = false };
        context.Store.Write(instance.State);
        return refusal;
    }

    /// <summary>The image lies in the cell's slot, its restore begun.</summary>
    private Tier Prepared(OciInstance instance, Cell cell)
    {
        instance.PreparedImage = context.Images?.FindPrepared(cell.Id);
        instance.ImageBytes = instance.PreparedImage?.Record.Bytes ?? 0;
        instance.SleptAt = instance.PreparedImage?.Record.CreatedAt ?? default;
        instance.Prepared = Task.FromResult(new KeeperAnswer(true, "", "", null));
        return Tier.Image;
    }

    private static Tier Asleep(OciInstance instance, StoredImage image)
    {
        (instance.ImageBytes, instance.SleptAt) = (image.Record.Bytes, image.Record.CreatedAt);
        return Tier.Image;
    }
}
