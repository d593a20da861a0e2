namespace Homeostat.Benchmarks.Elasticity;

/// <summary>
/// Open loop: sends each request when it is due, however many are still unanswered, as people do. One thread keeps the schedule; connections are kept alive.
/// </summary>
/// <param name="target">Whom the next request goes to.</param>
/// <param name="path">What is asked for.</param>
internal sealed class LoadGenerator(ILoadTarget target, string path)
{
    /// <summary>A request that is not answered by then has failed.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>A kept-alive connection may be closed, and an instance ended, in the moment it is used: then another one is asked, as proxies do for a GET.</summary>
    private const int TriesMax = 4;

    /// <summary>When the last load began.</summary>
    public DateTimeOffset BeganAt { get; private set; }

    /// <summary>Sends requests at these times and waits for the answers.</summary>
    /// <param name="arrivals">From now, rising.</param>
    /// <returns>In the order of the schedule.</returns>
    public async Task<LoadResult[]> RunAsync(IReadOnlyList<TimeSpan> arrivals, CancellationToken cancel)
    {
        var pending = new Task<LoadResult>[arrivals.Count];
        var done = new TaskCompletionSource();
        // A thread of its own: a schedule kept by the thread pool would be late when the pool is busy with the answers.
        var clock = new Thread(() =>
        {
            Dispatch(arrivals, pending, cancel);
            done.SetResult();
        }) { IsBackground = true, Priority = ThreadPriority.AboveNormal };
        clock.Start();
        await done.Task;
        return await Task.WhenAll(pending);
    }

    private void Dispatch(IReadOnlyList<TimeSpan> arrivals, Task<LoadResult>[] pending, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        BeganAt = TimeProvider.System.GetUtcNow();
        for (var i = 0; i < arrivals.Count; i++)
        {
            var due = arrivals[i];
            for (var left = due - TimeProvider.System.GetElapsedTime(began); left > TimeSpan.Zero; left = due - TimeProvider.System.GetElapsedTime(began))
            {
                Pause.For(left);
            }

            pending[i] = cancel.IsCancellationRequested ? Task.FromResult(new LoadResult(due, due, Limit, null)) : SendAsync(due, began);
        }
    }

    private async Task<LoadResult> SendAsync(TimeSpan due, long began)
    {
        var sent = TimeProvider.System.GetElapsedTime(began);
        var (answer, broken, tries) = ((string?)null, true, 0);
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        while (answer is null && broken && tries < TriesMax && !limit.IsCancellationRequested)
        {
            tries++;
            if (await target.TakeAsync(limit.Token) is { } lane)
            {
                answer = await lane.AskAsync(path, limit.Token);
                broken = lane.IsBroken;
                target.Return(lane);
            }
        }

        return new LoadResult(due, sent, TimeProvider.System.GetElapsedTime(began) - due, answer, tries);
    }
}
