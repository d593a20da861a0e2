using Xunit;

namespace Homeostat.Testing;

/// <summary>Collects events as they happen and lets a test wait for one, past or future. Safe for concurrent use.</summary>
/// <param name="name">What the events are, for the text of a failed wait.</param>
public sealed class EventWaiter<T>(string name)
{
    private readonly Lock _lock = new();
    private readonly List<T> _seen = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<T> Seen
    {
        get
        {
            lock (_lock)
            {
                return [.. _seen];
            }
        }
    }

    public void Add(T happened)
    {
        TaskCompletionSource more;
        lock (_lock)
        {
            _seen.Add(happened);
            (more, _more) = (_more, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        more.SetResult();
    }

    /// <summary>The first event, from number <paramref name="from"/> on, that is <paramref name="wanted"/>.</summary>
    public async Task<T> WaitForAsync(string what, Func<T, bool> wanted, int from = 0, TimeSpan? deadline = null)
    {
        using var end = new CancellationTokenSource(deadline ?? Waiting.Deadline, TimeProvider.System);
        var next = from;
        while (true)
        {
            Task more;
            lock (_lock)
            {
                for (; next < _seen.Count; next++)
                {
                    if (wanted(_seen[next]))
                    {
                        return _seen[next];
                    }
                }

                more = _more.Task;
            }

            try
            {
                await more.WaitAsync(end.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"{name}: {what} did not happen; seen:\n  {string.Join("\n  ", Seen.TakeLast(20))}");
            }
        }
    }
}
