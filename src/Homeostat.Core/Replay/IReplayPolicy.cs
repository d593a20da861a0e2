namespace Homeostat.Core.Replay;

/// <summary>Decides in a replay which instances there are. Told what happens, at the moment it does; acts through the <see cref="ReplayWorld"/>.</summary>
internal interface IReplayPolicy
{
    /// <summary>As people choose it: <c>homeostat</c>, <c>kpa</c> ...</summary>
    string Name { get; }

    /// <summary>Time begins. Called once, before any request.</summary>
    void Begin(ReplayWorld world);

    /// <summary>A request waits, and none did before.</summary>
    void FirstWaits();

    /// <summary>More requests are in flight than the targets of the open instances, and were not since <see cref="ReplayWorld.EndAttention"/>.</summary>
    void OverTarget()
    {
    }

    /// <summary>The last request of an instance that takes no more ended.</summary>
    void Drained(ReplayInstance instance);

    /// <summary>Requests waited for too long and were refused.</summary>
    void Expired();
}
