namespace Homeostat.Benchmarks.Elasticity;

/// <summary>Reads the CPU use of a Swarm service at an interval and scales it by <see cref="PollingFormula"/>, as an autoscaler beside the cluster does.</summary>
internal sealed class PollingScaler : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    /// <param name="first">Until the first look; then every <paramref name="interval"/>.</param>
    /// <param name="cores">CPU limit of a replica.</param>
    public PollingScaler(SwarmPeer swarm, TimeSpan first, TimeSpan interval, double cores, int most) =>
        _loop = Task.Run(() => LoopAsync(swarm, first, interval, cores, most));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task LoopAsync(SwarmPeer swarm, TimeSpan first, TimeSpan interval, double cores, int most)
    {
        var (replicas, used, at, pause) = (1, swarm.Used(), TimeProvider.System.GetTimestamp(), first);
        while (true)
        {
            try
            {
                await Task.Delay(pause, TimeProvider.System, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            var (now, passed) = (swarm.Used(), TimeProvider.System.GetElapsedTime(at));
            var use = (now - used) / (passed * (replicas * cores));
            (used, at, pause) = (now, TimeProvider.System.GetTimestamp(), interval);
            var desired = PollingFormula.Desired(replicas, use, most);
            if (desired != replicas)
            {
                swarm.Scale(desired);
                replicas = desired;
            }
        }
    }
}
