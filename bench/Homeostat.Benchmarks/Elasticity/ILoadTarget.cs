namespace Homeostat.Benchmarks.Elasticity;

/// <summary>Where a load goes: one gateway, or one of several instances that a peer has running.</summary>
internal interface ILoadTarget
{
    /// <returns>Null: nothing answers within the time given.</returns>
    Task<HttpLane?> TakeAsync(CancellationToken limit);

    void Return(HttpLane lane);
}
