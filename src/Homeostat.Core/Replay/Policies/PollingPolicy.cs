namespace Homeostat.Core.Replay.Policies;

/// <summary>
/// KEDA with the horizontal pod autoscaler as a baseline: from none to one at the next poll (30 s) that finds work, between one and max by <see cref="PollingFormula"/> every 15 s,
/// to none once five minutes had no work. The metric is the concurrency, averaged over the 30 s before.
/// </summary>
/// <param name="startCost">From the command to ready.</param>
internal sealed class PollingPolicy(TimeSpan startCost) : IReplayPolicy
{
    private readonly Queue<(DateTimeOffset At, int Wanted)> _recommended = new();
    private ReplayWorld _world = null!;
    private ReplayFleet _fleet = null!;
    private double _seenBySync;
    private double _seenByPoll;
    private double _lastSync;
    private DateTimeOffset _active;

    public string Name => "keda";

    public void Begin(ReplayWorld world)
    {
        (_world, _fleet, _active) = (world, new ReplayFleet(world, startCost), world.Now);
        _fleet.StartBefore(world.Setup.Spec.Scale.Min);
        world.After(PollingFormula.Sync, Sync);
    }

    /// <summary>Nobody tells it: it polls.</summary>
    public void FirstWaits()
    {
    }

    public void Drained(ReplayInstance instance) => _fleet.Stop(instance);

    public void Expired()
    {
    }

    /// <summary>Every 15 s; every second one is a poll, too.</summary>
    private void Sync()
    {
        var area = _world.ConcurrencyTicks;
        var now = (area - _seenBySync) / PollingFormula.Sync.Ticks;
        var concurrency = (now + _lastSync) / 2;
        (_seenBySync, _lastSync) = (area, now);
        if (_world.Ticks % PollingFormula.Poll.Ticks == 0)
        {
            Poll(area);
        }

        if (_fleet.Count() is var current and > 0)
        {
            Scale(current, PollingFormula.Decide(_world.Setup.Spec.Scale, current, concurrency));
        }

        _world.After(PollingFormula.Sync, Sync);
    }

    private void Poll(double area)
    {
        if (area > _seenByPoll)
        {
            _active = _world.Now;
            if (_fleet.Count() == 0 && _world.Gate.Count > 0)
            {
                _fleet.ScaleTo(1);
            }
        }
        else if (_world.Now - _active >= PollingFormula.CoolDown && _fleet.Count() > 0 && _world.Setup.Spec.Scale.Min == 0)
        {
            _fleet.ScaleTo(0);
            _recommended.Clear();
        }

        _seenByPoll = area;
    }

    private void Scale(int current, int wanted)
    {
        while (_recommended.TryPeek(out var oldest) && _world.Now - oldest.At > PollingFormula.Stabilisation)
        {
            _recommended.Dequeue();
        }

        _recommended.Enqueue((_world.Now, wanted));
        var stable = Math.Max(wanted, Math.Min(current, _recommended.Max(r => r.Wanted)));
        if (stable != current)
        {
            _fleet.ScaleTo(stable);
        }
    }
}
