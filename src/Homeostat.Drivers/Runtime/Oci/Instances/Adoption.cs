using System.Net;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Images;
using Homeostat.Drivers.Runtime.Oci.Keeper;
using Homeostat.Drivers.Runtime.Oci.Roots;
using Homeostat.Drivers.Runtime.Oci.Templates;

namespace Homeostat.Drivers.Runtime.Oci.Instances;

/// <summary>Takes up the instances that an earlier platform on the data directory left running or asleep.</summary>
internal sealed class Adoption(OciContext context, InstanceEnder ender)
{
    public async Task RunAsync(CancellationToken cancel)
    {
        context.Store.RemoveUnreadable();
        foreach (var state in context.Store.ReadAll())
        {
            var instance = new OciInstance(new InstanceId(state.Id), new RevisionId(new ServiceName(state.Service), state.Revision))
            {
                State = state,
                StartedAt = state.StartedAt,
                Reach = state.Reach?.ToReach(),
            };
            var cell = state.Boot == context.Boot && state.Reach is not null
                ? await context.Cells.AdoptAsync(state.Cell, IPAddress.Parse(state.Address), cancel)
                : null;
            if (cell is null ? !TakeUpFolded(instance) : !await TakeUpAsync(instance, cell, cancel))
            {
                // It died with the host or its keeper, or it was never ready: nothing of it is worth keeping.
                context.Store.Remove(instance.Id);
            }
        }

        context.Images?.Collect(
            (kind, owner) => kind == ImageKind.Sleep
                ? context.Instances.Find(new InstanceId(owner)) is { Tier: Tier.Image }
                : TemplateRecord.Read(Path.Combine(context.Data.Templates, owner)) is { ClonesAllowed: true },
            context.Instances.All.Select(instance => instance.CellId).OfType<string>().ToHashSet());
        HostRoots.Collect(context);
    }

    private async Task<bool> TakeUpAsync(OciInstance instance, Cell cell, CancellationToken cancel)
    {
        instance.Cell = cell;
        var status = await cell.Keeper.StatusAsync(cancel);
        var tier = TierOf(status.State, instance, cell);
        if (tier is null)
        {
            await context.Cells.DestroyAsync(cell);
            return false;
        }

        instance.Pid = status.ProgramPid;
        instance.Become(tier.Value);
        context.Instances.Add(instance);
        ender.Watch(instance, cell);
        return true;
    }

    /// <summary>It sleeps without a cell: its image, what it wrote and its address are all there is of it.</summary>
    private bool TakeUpFolded(OciInstance instance)
    {
        var state = instance.State!;
        if (state.Boot != context.Boot || state.Reach is null || !File.Exists(Path.Combine(context.Data.Cell(state.Cell).Directory, PlanRecord.FileName))
            || context.Images?.Find(ImageKind.Sleep, instance.Id.Value).Image is not { } image || !context.Network.Addresses.Adopt(IPAddress.Parse(state.Address)))
        {
            return false;
        }

        context.Store.TakeUp(state);
        instance.IsFolded = true;
        instance.Become(Asleep(instance, image));
        context.Instances.Add(instance);
        return true;
    }

    private Tier? TierOf(string state, OciInstance instance, Cell cell) => state switch
    {
        "running" or "ended" => cell.Cgroup.Exists && cell.Cgroup.IsFrozen ? Tier.Frozen : Tier.Running,
        "empty" when context.Images?.Find(ImageKind.Sleep, instance.Id.Value).Image is { } image => Asleep(instance, image),
        "prepared" => Prepared(instance, cell),
        _ => null,
    };

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
