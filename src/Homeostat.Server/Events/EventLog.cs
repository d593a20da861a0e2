using System.Globalization;
using System.Runtime.CompilerServices;

namespace Homeostat.Server.Events;

/// <summary>
/// The last events of the platform, numbered, for any number of followers. Writers never wait; a follower that is slower than
/// <see cref="Capacity"/> events misses some and is told so by the gap in the numbers. Safe for concurrent use.
/// </summary>
/// <param name="epoch">Tells the numbers of this run from those of an earlier one, whose events are gone.</param>
internal sealed class EventLog(TimeProvider time, string epoch)
{
    /// <summary>Events kept: a busy minute (one wake makes about five) at 15 wakes per second.</summary>
    public const int Capacity = 4096;

    private readonly Lock _lock = new();
    private readonly LoggedEvent[] _ring = new LoggedEvent[Capacity];
    private long _count;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Count => Interlocked.Read(ref _count);

    public void Add(PlatformEvent happened)
    {
        TaskCompletionSource more;
        lock (_lock)
        {
            var number = _count + 1;
            _ring[_count % Capacity] = new LoggedEvent(number, IdOf(number), time.GetUtcNow(), happened);
            Interlocked.Increment(ref _count);
            (more, _more) = (_more, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        more.SetResult();
    }

    /// <summary>The number to go on from after an id: 0 (all that is kept) when it is from another run or unreadable.</summary>
    public long After(string? lastId)
    {
        var dash = lastId?.LastIndexOf('-') ?? -1;
        return dash > 0 && lastId!.AsSpan(0, dash).SequenceEqual(epoch)
            && long.TryParse(lastId.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Math.Min(number, Count)
            : 0;
    }

    /// <summary>Events after a number, oldest first; with <paramref name="follow"/> goes on until cancelled.</summary>
    public async IAsyncEnumerable<LoggedEvent> ReadAsync(long after, bool follow, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            var (batch, more) = Take(after);
            foreach (var logged in batch)
            {
                after = logged.Number;
                yield return logged;
            }
            if (batch.Count == 0)
            {
                if (!follow)
                {
                    yield break;
                }
                await more.WaitAsync(cancel);
            }
        }
    }

    private (List<LoggedEvent> Batch, Task More) Take(long after)
    {
        const int batchMax = 256;
        lock (_lock)
        {
            var first = Math.Max(after, _count - Capacity);
            var batch = new List<LoggedEvent>();
            for (var number = first; number < _count && batch.Count < batchMax; number++)
            {
                batch.Add(_ring[number % Capacity]);
            }
            return (batch, _more.Task);
        }
    }

    private string IdOf(long number) => string.Create(CultureInfo.InvariantCulture, $"{epoch}-{number}");
}

/// <param name="Number">From 1 in each run of the platform.</param>
/// <param name="Id">Unique across runs; what <c>Last-Event-ID</c> carries.</param>
internal sealed record LoggedEvent(long Number, string Id, DateTimeOffset At, PlatformEvent Event);
