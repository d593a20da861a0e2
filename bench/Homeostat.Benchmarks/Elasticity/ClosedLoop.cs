namespace Homeostat.Benchmarks.Elasticity;

/// <summary>So many connections that each send the next request when the last is answered, until stopped.</summary>
internal sealed class ClosedLoop
{
    private readonly Task _all;
    private readonly HashSet<string> _first = [];
    private long _answered;
    private volatile bool _stopped;

    public ClosedLoop(ILoadTarget target, string path, int connections) =>
        _all = Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(() => LoopAsync(target, path))));

    /// <summary>Requests answered so far.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    /// <summary>Ends it; requests under way are waited for.</summary>
    /// <returns>Those who answered the first requests.</returns>
    public async Task<IReadOnlySet<string>> StopAsync()
    {
        _stopped = true;
        await _all;
        return _first;
    }

    private async Task LoopAsync(ILoadTarget target, string path)
    {
        for (var count = 0; !_stopped; count++)
        {
            using var limit = new CancellationTokenSource(LoadGenerator.Limit, TimeProvider.System);
            if (await target.TakeAsync(limit.Token) is not { } lane)
            {
                return;
            }

            var who = await lane.AskAsync(path, limit.Token);
            target.Return(lane);
            Interlocked.Increment(ref _answered);
            if (who is not null && count < 2)
            {
                lock (_first)
                {
                    _first.Add(LoadResult.InstanceOf(who));
                }
            }
        }
    }
}
