using System.Net;
using Homeostat.Core.Runtime;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Instances;

namespace Homeostat.Drivers.Runtime.Oci.Tiers;

/// <summary>
/// Bounds the cells that are kept for sleeping instances (<see cref="OciDriverOptions.SleepingCells"/>). Beyond the bound the instance that has slept longest has its
/// cell folded up: processes, namespaces and control group go, its image, files, address and name stay; its wake sets the cell up again, which takes some 20 ms more.
/// </summary>
/// <remarks>
/// What lives in a cell's memory only (/dev/shm, System V objects) would be lost: an instance that has any keeps its cell, whatever the bound. Folding needs the
/// instance's turn, so a request that comes meanwhile waits for it and is then served from the image.
/// </remarks>
internal sealed class CellKeep(OciContext context) : IDisposable
{
    /// <summary>A cell's end is mostly waiting for the kernel to take its namespaces apart.</summary>
    private const int FoldsAtOnce = 8;

    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>An instance went to sleep: off the request path others may have to give up their cells.</summary>
    public void Slept(OciInstance instance)
    {
        (instance.SleptAt, instance.NeedsCell) = (context.Time.GetUtcNow(), false);
        context.Background.Run(TrimAsync);
    }

    /// <summary>Folds up cells until no more are kept than allowed.</summary>
    public async Task TrimAsync()
    {
        await _one.WaitAsync();
        try
        {
            while (Asleep().Count(instance => instance.Cell is not null) > context.Options.SleepingCells
                && Asleep().Where(instance => instance is { Cell: not null, NeedsCell: false }).MinBy(instance => instance.SleptAt) is { } oldest)
            {
                await FoldAsync(oldest);
            }
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Folds up all that can be: the platform ends, and nobody needs to wake quickly.</summary>
    /// <returns>Instances that have something in their cell that is nowhere else.</returns>
    public async Task<IReadOnlyList<OciInstance>> FoldAllAsync(CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = FoldsAtOnce, CancellationToken = cancel };
            await Parallel.ForEachAsync(Asleep().Where(instance => instance.Cell is not null), options, async (instance, _) => await FoldAsync(instance));
            return [.. Asleep().Where(instance => instance.Cell is not null)];
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Sets the folded cell of a sleeping instance up again. The caller has the turn.</summary>
    /// <exception cref="IOException">It could not be made as it was.</exception>
    public async Task<Cell> UnfoldAsync(OciInstance instance)
    {
        var state = instance.State!;
        var cell = await context.Cells.UnfoldAsync(state.Cell, IPAddress.Parse(state.Address));
        (instance.Cell, instance.IsFolded) = (cell, false);
        return cell;
    }

    public void Dispose() => _one.Dispose();

    private IEnumerable<OciInstance> Asleep() => context.Instances.All.Where(instance => instance.Tier == Tier.Image);

    private async Task FoldAsync(OciInstance instance)
    {
        await instance.Turn.WaitAsync();
        try
        {
            if (instance is not { Tier: Tier.Image, Removed: false, Cell: { } cell })
            {
                return; // It woke or was stopped meanwhile.
            }

            if (instance.Prepared is { } preparing)
            {
                await preparing;
            }

            if (await NeedsCellAsync(cell))
            {
                instance.NeedsCell = true;
                return;
            }

            (instance.Cell, instance.IsFolded, instance.Prepared, instance.PreparedImage) = (null, true, null, null);
            await context.Cells.FoldAsync(cell);
        }
        finally
        {
            instance.Turn.Release();
        }
    }

    private static async Task<bool> NeedsCellAsync(Cell cell)
    {
        try
        {
            return await CellContents.AnyAsync(cell);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return true; // It ended by itself, or can't be looked into: not to be touched.
        }
    }
}
