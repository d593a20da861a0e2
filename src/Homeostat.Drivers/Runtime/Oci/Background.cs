using System.Collections.Concurrent;

namespace Homeostat.Drivers.Runtime.Oci;

/// <summary>Work that nobody waits for while the platform runs, such as taking down a cell off the request path; a clean stop waits for it.</summary>
internal sealed class Background
{
    private readonly ConcurrentDictionary<Task, byte> _running = new();

    /// <summary>What breaks in the work is left to the sweeper: it must not end the platform.</summary>
    public void Run(Func<Task> work)
    {
        var task = Task.Run(work);
        _running.TryAdd(task, 0);
        _ = task.ContinueWith(done => _running.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Waits until nothing runs any more, work that was begun meanwhile included.</summary>
    /// <returns>False: something still runs after <paramref name="limit"/>.</returns>
    public async Task<bool> WaitAsync(TimeSpan limit, TimeProvider time)
    {
        using var late = new CancellationTokenSource(limit, time);
        while (_running.Keys.ToList() is { Count: > 0 } running)
        {
            await Task.WhenAll(running).WaitAsync(late.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (late.IsCancellationRequested)
            {
                return false;
            }

            // Ended, perhaps not yet taken off by its continuation.
            running.ForEach(task => _running.TryRemove(task, out _));
        }

        return true;
    }
}
