using Homeostat.Core.Runtime;
using Homeostat.Drivers.Runtime.Oci.Instances;

namespace Homeostat.Drivers.Runtime.Oci.Tiers;

/// <summary>
/// The last step of a clean stop: sleeping instances give up their cells, and all images go to the disk. What is left of an instance is then in the data directory
/// alone, and nothing of the platform has to stay on the host.
/// </summary>
internal sealed class PutAway(OciContext context, CellKeep keep, InstanceWaker waker, InstanceEnder ender)
{
    /// <summary>As for any other instance that is stopped.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>All that is left of the instances is on disk.</summary>
    public bool IsDone { get; private set; }

    /// <returns>What was lost or stays on the host, a sentence each.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(Action<string> tell, CancellationToken cancel)
    {
        List<string> said = [];
        try
        {
            tell("taking down the containers of sleeping instances");
            foreach (var instance in await keep.FoldAllAsync(cancel))
            {
                tell($"ending {instance.Id}");
                said.Add($"{instance.Id} was ended: what it has in /dev, in message queues or in System V objects is in its container only");
                await EndAsync(instance, cancel);
            }

            await Task.Run(
                () => context.Images?.MoveToDisk(image => tell($"writing the image of {image.Record.Owner} ({image.Record.Bytes >> 20} MiB) to the disk"), cancel), cancel);
            IsDone = context.Instances.All.All(instance => instance.IsFolded);
        }
        catch (IOException error)
        {
            said.Add($"sleeping instances stay on the host, in {context.Data.Volatile}, for the next start: {error.Message}");
        }

        return said;
    }

    /// <summary>It can't be kept, so it is asked to end like any other: for that it must run.</summary>
    private async Task EndAsync(OciInstance instance, CancellationToken cancel)
    {
        await instance.Turn.WaitAsync(cancel);
        try
        {
            if (instance is { Removed: false, Tier: Tier.Image, State: { } state } && (await waker.WakeAsync(instance, new ResourceLimits(Cpu: null, state.MemoryBytes), cancel)).Ready is not null)
            {
                await ender.StopAsync(instance, Grace, cancel);
            }
        }
        finally
        {
            instance.Turn.Release();
        }
    }
}
