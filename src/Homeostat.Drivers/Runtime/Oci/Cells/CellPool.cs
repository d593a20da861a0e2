using System.Net.Sockets;
using System.Threading.Channels;

namespace Homeostat.Drivers.Runtime.Oci.Cells;

/// <summary>
/// Cells of one plan that stand ready, refilled off the request path. An empty pool makes a cell on demand: slower, never refused.
/// </summary>
/// <param name="size">Cells kept, 0 or more.</param>
/// <param name="template">Image whose restore is begun in each cell that waits here, up to where its memory would be read: a clone then has only that left to do.</param>
internal sealed class CellPool(CellFactory factory, CellPlan plan, int size, TimeProvider time, string? template = null) : IAsyncDisposable
{
    /// <summary>Making a cell takes 10 to 40 ms of a core: the request that has just taken one shall be answered first.</summary>
    public static readonly TimeSpan RefillDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>After a failed refill (addresses or disk exhausted) the next take tries again, not a timer.</summary>
    private readonly Channel<Cell> _ready = Channel.CreateUnbounded<Cell>();

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private int _held;
    private Task _refill = Task.CompletedTask;

    public CellPlan Plan => plan;

    public int Count => _ready.Reader.Count;

    /// <summary>What keeps the pool from being full; null when it is well.</summary>
    public string? Trouble { get; private set; }

    /// <summary>A ready cell, or one made now.</summary>
    /// <exception cref="IOException">None is ready and the host can't make one.</exception>
    public async Task<Cell> TakeAsync(CancellationToken cancel)
    {
        while (_ready.Reader.TryRead(out var cell))
        {
            Interlocked.Decrement(ref _held);
            Fill(RefillDelay);
            if (!cell.IsStale)
            {
                return cell;
            }

            // Killed from outside while it waited, or what it shows was replaced.
            await factory.DestroyAsync(cell);
        }

        Fill(RefillDelay);
        return await factory.MakeAsync(plan, cancel);
    }

    /// <summary>Begins to refill, unless that is going on.</summary>
    public void Fill(TimeSpan delay = default)
    {
        lock (_lock)
        {
            if (_refill.IsCompleted && !_stop.IsCancellationRequested)
            {
                _refill = Task.Run(() => FillAsync(delay));
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Task refill;
        lock (_lock)
        {
            refill = _refill;
        }

        await refill;
        while (_ready.Reader.TryRead(out var cell))
        {
            await factory.DestroyAsync(cell);
        }

        _stop.Dispose();
    }

    private async Task FillAsync(TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay, time, _stop.Token);
            while (Volatile.Read(ref _held) < size && !_stop.IsCancellationRequested)
            {
                var cell = await factory.MakeAsync(plan, _stop.Token);
                // Not cancelled: whoever closes the pool waits for this and then finds the cell in it.
                if (template is not null && await cell.Keeper.PrepareAsync(template, consume: false, CancellationToken.None) is { Ok: false } answer)
                {
                    // The next clone will try it in a cell of its own and tell.
                    Trouble = answer.Reason;
                    await factory.DestroyAsync(cell);
                    return;
                }

                Interlocked.Increment(ref _held);
                _ready.Writer.TryWrite(cell);
                Trouble = null;
            }
        }
        catch (OperationCanceledException)
        {
            // The pool is being closed.
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            Trouble = error.Message;
        }
    }
}
