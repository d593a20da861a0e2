using System.Net;
using Homeostat.Core.Runtime;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Images;
using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Instances;

/// <summary>Stops instances, notices those that end by themselves, and takes down what they held.</summary>
internal sealed class InstanceEnder(OciContext context)
{
    /// <summary>A clone that crashes sooner has not got wrong by its own work: what it was restored from is suspect.</summary>
    private static readonly TimeSpan EarlyCrash = TimeSpan.FromSeconds(5);

    /// <summary>SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV: what broken memory ends in. The others are sent by somebody.</summary>
    private static readonly int[] CrashSignals = [4, 5, 6, 7, 8, 11];

    /// <summary>SIGTERM, after the grace SIGKILL; then nothing of it is left. The caller has the turn.</summary>
    public async Task StopAsync(OciInstance instance, TimeSpan grace, CancellationToken cancel)
    {
        if (instance is { Cell: { } cell, Tier: Tier.Running or Tier.Frozen or Tier.PagedOut } && grace > TimeSpan.Zero)
        {
            await AskToEndAsync(instance, cell, grace, cancel);
        }

        await RemoveAsync(instance);
    }

    /// <summary>Everything of it goes, whatever state it is in.</summary>
    public async Task RemoveAsync(OciInstance instance)
    {
        context.Instances.Remove(instance);
        await DestroyCellAsync(instance);
        // After the cell: a restore that was prepared in it gives the image back to the store.
        context.Images?.Remove(ImageKind.Sleep, instance.Id.Value);
        KeepLogs(instance);
        context.Store.Remove(instance.Id);
    }

    private void KeepLogs(OciInstance instance)
    {
        try
        {
            context.KeptLogs.Keep(instance.Revision.Service, instance.Id, context.Store.LogsOf(instance.Id));
        }
        catch (IOException)
        {
            // A full disk: the logs go, the instance must go in any case.
        }
    }

    /// <summary>Notices the end of the program: the exit is kept, the cell is given back at once.</summary>
    public void Watch(OciInstance instance, Cell cell) => _ = WatchAsync(instance, cell);

    private async Task WatchAsync(OciInstance instance, Cell cell)
    {
        var exit = await cell.Keeper.Exited;
        if (instance.Removed || !ReferenceEquals(instance.Cell, cell) || !instance.End(exit))
        {
            return;
        }

        if (exit.Signal is { } signal && CrashSignals.Contains(signal) && context.Time.GetUtcNow() - instance.StartedAt < EarlyCrash)
        {
            // Before the hint: the start that follows it is cold already.
            instance.CloneCrashed?.Invoke(exit);
        }

        context.Hints.Post(instance.Id, $"ended: {exit}");
        context.Background.Run(() => GiveBackAsync(instance));
    }

    private async Task GiveBackAsync(OciInstance instance)
    {
        await instance.Turn.WaitAsync();
        try
        {
            await DestroyCellAsync(instance);
        }
        finally
        {
            instance.Turn.Release();
        }
    }

    private static async Task AskToEndAsync(OciInstance instance, Cell cell, TimeSpan grace, CancellationToken cancel)
    {
        try
        {
            if (instance.Tier != Tier.Running)
            {
                cell.Cgroup.Thaw();
            }

            await cell.Keeper.SignalAsync(Libc.SigTerm, cancel);
            await cell.Keeper.Exited.WaitAsync(grace, TimeProvider.System, cancel);
        }
        catch (Exception error) when (error is IOException or TimeoutException)
        {
            // It ended meanwhile, or it doesn't want to: what follows ends it.
        }
    }

    private async Task DestroyCellAsync(OciInstance instance)
    {
        if (instance.Cell is { } cell)
        {
            instance.Cell = null;
            try
            {
                // SIGKILL reaches a frozen task on v2 only; on v1 the group must run again for its tasks to die.
                cell.Cgroup.Thaw();
            }
            catch (IOException)
            {
                // The group went with its last process: nothing of it is frozen.
            }

            await context.Cells.DestroyAsync(cell);
        }
        else if (instance is { IsFolded: true, State: { } state })
        {
            instance.IsFolded = false;
            context.Cells.RemoveTraces(state.Cell, IPAddress.Parse(state.Address));
        }
    }
}
