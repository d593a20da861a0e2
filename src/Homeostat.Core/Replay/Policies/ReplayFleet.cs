using Homeostat.Core.Regulation;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Core.Replay.Policies;

/// <summary>
/// Instances as an ordinary orchestrator has them: started, or drained and stopped; no tiers between. What the peers' policies act on.
/// </summary>
/// <param name="startCost">From the command to the first request it takes.</param>
internal sealed class ReplayFleet(ReplayWorld world, TimeSpan startCost)
{
    private long _number;

    /// <summary>Takes requests.</summary>
    public int Ready => Count(i => i.Tier == Tier.Running && i.DrainingSince is null);

    /// <summary>Wanted ones: ready or on the way there.</summary>
    public int Count() => Count(i => i.DrainingSince is null);

    /// <summary>Starts or drains as many as are missing or too many: the youngest of the least busy first.</summary>
    public void ScaleTo(int wanted)
    {
        for (var missing = wanted - Count(); missing > 0; missing--)
        {
            Start(world.StartCost(startCost));
        }

        var surplus = Count() - wanted;
        if (surplus <= 0)
        {
            return;
        }

        var leaving = world.Instances.Where(i => i.DrainingSince is null).OrderBy(i => i.InFlight).ThenByDescending(i => i.Id).Take(surplus).ToList();
        world.Meter.Count("scale in");
        foreach (var instance in leaving)
        {
            world.Close(instance);
            instance.DrainingSince = world.Now;
            if (instance.InFlight == 0)
            {
                Stop(instance);
            }
        }
    }

    /// <summary>There since before the trace begins.</summary>
    public void StartBefore(int count)
    {
        for (var i = 0; i < count; i++)
        {
            Start(TimeSpan.Zero);
        }
    }

    /// <summary>The last request of one that leaves ended.</summary>
    public void Stop(ReplayInstance instance)
    {
        if (instance.Operation is not null)
        {
            return;
        }

        instance.Operation = new Operation(OperationKind.Stopping, world.Now, Tier.Stopped);
        world.Meter.Count("stop");
        world.After(world.Setup.Costs.Stop, () => world.Remove(instance));
    }

    private void Start(TimeSpan cost)
    {
        var instance = world.Add(new InstanceId($"replay-{++_number:D9}"));
        if (cost == TimeSpan.Zero)
        {
            BecomeReady(instance);
            return;
        }

        world.Meter.Wakes++;
        world.Meter.Count("start");
        world.After(cost, () => BecomeReady(instance));
    }

    private void BecomeReady(ReplayInstance instance)
    {
        if (instance.DrainingSince is not null)
        {
            return;
        }

        (instance.Tier, instance.ReadyAt, instance.IdleSince) = (Tier.Running, world.Now, world.Now);
        world.Count(instance);
        world.Open(instance);
        world.ServeGate();
    }

    private int Count(Func<ReplayInstance, bool> which) => world.Instances.Count(which);
}
