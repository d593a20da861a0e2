namespace Homeostat.Core.Replay.Policies;

/// <summary>A fixed number of instances, there all the time: as many as the busiest moment of the trace needs. Needs to know that moment, so it is a baseline, too.</summary>
internal sealed class AlwaysOnPolicy(int count) : IReplayPolicy
{
    public string Name => "always-on";

    public void Begin(ReplayWorld world) => new ReplayFleet(world, TimeSpan.Zero).StartBefore(count);

    public void FirstWaits()
    {
    }

    public void Drained(ReplayInstance instance)
    {
    }

    public void Expired()
    {
    }
}
