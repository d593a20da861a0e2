using Homeostat.Core.Runtime;

namespace Homeostat.Core.Replay.Policies;

/// <summary>
/// A fixed idle timer, as Sablier has it: one instance, started by a request, stopped once nothing was asked for five minutes, looked at every 20 s. It never scales out: what is
/// more than one instance carries waits, and is refused when it has waited for too long.
/// </summary>
/// <param name="startCost">From the command to ready.</param>
internal sealed class IdleTimerPolicy(TimeSpan startCost) : IReplayPolicy
{
    public static readonly TimeSpan Session = TimeSpan.FromMinutes(5);

    public static readonly TimeSpan Scan = TimeSpan.FromSeconds(20);

    private ReplayWorld _world = null!;
    private ReplayFleet _fleet = null!;
    private bool _scanning;

    public string Name => "idle-timer";

    public void Begin(ReplayWorld world) => (_world, _fleet) = (world, new ReplayFleet(world, startCost));

    public void FirstWaits()
    {
        _fleet.ScaleTo(1);
        if (!_scanning)
        {
            _scanning = true;
            _world.After(Scan, Look);
        }
    }

    public void Drained(ReplayInstance instance) => _fleet.Stop(instance);

    public void Expired()
    {
    }

    private void Look()
    {
        var over = _world.Gate.Count == 0
            && _world.Instances.All(i => i.DrainingSince is not null || (i is { Tier: Tier.Running, InFlight: 0 } && _world.Now - i.IdleSince >= Session));
        if (over)
        {
            _fleet.ScaleTo(0);
            _scanning = false;
            return;
        }

        _world.After(Scan, Look);
    }
}
