using Homeostat.Drivers.Runtime.Contract;

namespace Homeostat.Drivers.Runtime.Fake;

/// <summary>The memory and the log of a fake program: what a sleep image keeps and what a clone copies from the template.</summary>
internal sealed class FakeMemory(TimeProvider time)
{
    /// <summary>Lines kept; older ones are rotated away.</summary>
    private const int LinesMax = 1000;

    private readonly Lock _lock = new();
    private readonly Queue<(long Number, DateTimeOffset At, string Text)> _lines = new();
    private long _written;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _count;

    /// <summary>Requests served since the program was first started.</summary>
    public long Count => Interlocked.Read(ref _count);

    public FakeMemory Copy() => new(time) { _count = Count };

    public void Hit(string what)
    {
        Interlocked.Increment(ref _count);
        Write(what);
    }

    public void Write(string text)
    {
        TaskCompletionSource more;
        lock (_lock)
        {
            _lines.Enqueue((++_written, time.GetUtcNow(), text));
            if (_lines.Count > LinesMax)
            {
                _lines.Dequeue();
            }

            (more, _more) = (_more, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        more.TrySetResult();
    }

    /// <summary>Another memory took its place: whoever waits for more of this one looks again, now and from now on.</summary>
    public void Retire()
    {
        lock (_lock)
        {
            _more.TrySetResult();
        }
    }

    /// <summary>Lines after number <paramref name="after"/>, the last <paramref name="tail"/> of them, and a task that ends when there are more.</summary>
    public (IReadOnlyList<(long Number, LogLine Line)> Lines, Task More) Read(Core.Services.InstanceId id, long after, int tail)
    {
        lock (_lock)
        {
            var lines = _lines.Where(l => l.Number > after).TakeLast(tail).Select(l => (l.Number, new LogLine(l.At, id, "stdout", l.Text)));
            return ([.. lines], _more.Task);
        }
    }
}
