using System.Net.Sockets;

namespace Homeostat.Drivers.Runtime.Oci.Cells;

/// <summary>
/// Cells of one plan that stand ready, refilled off the request path, also where one of them ends by itself. An empty pool makes a cell on demand: slower, never refused.
/// </summary>
internal sealed class CellPool : IAsyncDisposable
{
    private readonly CellFactory _factory;
    private readonly Background _background;
    private readonly CellPlan _plan;
    private readonly int _size;
    private readonly TimeProvider _time;
    private readonly string? _template;
    private readonly WaitingCells _ready;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private Task _refill = Task.CompletedTask;

    /// <param name="size">Cells kept, 0 or more.</param>
    /// <param name="template">Image whose restore is begun in each cell that waits here, up to where its memory would be read: a clone then has only that left to do.</param>
    public CellPool(OciContext context, CellPlan plan, int size, string? template = null)
    {
        (_factory, _background, _time, _plan, _size, _template) = (context.Cells, context.Background, context.Time, plan, size, template);
        _ready = new WaitingCells(EndedWhileItWaited);
    }

    public int Count => _ready.Count;

    /// <summary>What keeps the pool from being full; null when it is well.</summary>
    public string? Trouble { get; private set; }

    /// <summary>A ready cell, or one made now.</summary>
    /// <exception cref="IOException">None is ready and the host can't make one.</exception>
    public async Task<Cell> TakeAsync(CancellationToken cancel)
    {
        while (_ready.Take() is { } cell)
        {
            Fill(WaitingCells.RefillDelay);
            if (!cell.IsStale)
            {
                return cell;
            }

            // What it shows was replaced; or it ended in this moment.
            await _factory.DestroyAsync(cell);
        }

        // After a failed refill (addresses or disk exhausted) this tries again, not a timer.
        Fill(WaitingCells.RefillDelay);
        return await _factory.MakeAsync(_plan, cancel);
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
        while (_ready.Take() is { } cell)
        {
            await _factory.DestroyAsync(cell);
        }

        _stop.Dispose();
    }

    /// <summary>Killed from outside, by a person or for want of memory.</summary>
    private void EndedWhileItWaited(Cell cell, TimeSpan delay)
    {
        _background.Run(() => _factory.DestroyAsync(cell));
        Fill(delay);
    }

    private async Task FillAsync(TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay, _time, _stop.Token);
            while (_ready.Count < _size && !_stop.IsCancellationRequested)
            {
                var cell = await _factory.MakeAsync(_plan, _stop.Token);
                // Not cancelled: whoever closes the pool waits for this and then finds the cell in it.
                if (_template is not null && await cell.Keeper.PrepareAsync(_template, consume: false, CancellationToken.None) is { Ok: false } answer)
                {
                    // The next clone will try it in a cell of its own and tell.
                    Trouble = answer.Reason;
                    await _factory.DestroyAsync(cell);
                    return;
                }

                _ready.Add(cell);
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
