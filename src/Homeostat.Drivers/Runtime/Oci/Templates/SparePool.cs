using System.Net.Sockets;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Images;

namespace Homeostat.Drivers.Runtime.Oci.Templates;

/// <summary>Clones restored beforehand and held before their first instruction. Refilled off the request path.</summary>
internal sealed class SparePool : IAsyncDisposable
{
    private readonly OciContext _context;
    private readonly CellPool _cells;
    private readonly StoredImage _image;
    private readonly string _logs;
    private readonly int _count;
    private readonly Action _changed;
    private readonly WaitingCells _parked;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _refill = Task.CompletedTask;

    /// <param name="count">Spares kept, 0 to 8.</param>
    /// <param name="changed">Called when one was parked.</param>
    public SparePool(OciContext context, CellPool cells, StoredImage image, string logs, int count, Action changed)
    {
        (_context, _cells, _image, _logs, _count, _changed) = (context, cells, image, logs, count, changed);
        _parked = new WaitingCells(EndedWhileItWaited);
    }

    public int Count => _parked.Count;

    /// <summary>Null when none is parked.</summary>
    public Cell? Take()
    {
        var taken = _parked.Take();
        Fill(WaitingCells.RefillDelay);
        if (taken is not { IsStale: true })
        {
            return taken;
        }

        // What it shows was replaced; or it was killed in this moment.
        _context.Background.Run(() => _context.Cells.DestroyAsync(taken));
        return null;
    }

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
        while (_parked.Take() is { } cell)
        {
            await _context.Cells.DestroyAsync(cell);
        }

        _stop.Dispose();
    }

    /// <summary>Killed from outside, by a person or for want of memory.</summary>
    private void EndedWhileItWaited(Cell cell, TimeSpan delay)
    {
        _context.Background.Run(() => _context.Cells.DestroyAsync(cell));
        Fill(delay);
    }

    private async Task FillAsync(TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay, _context.Time, _stop.Token);
            while (Count < _count && !_stop.IsCancellationRequested)
            {
                if (ImageStore.WhyNot(_image) is not null)
                {
                    return; // The next clone tells, and gives the template up.
                }

                var cell = await _cells.TakeAsync(CancellationToken.None);
                var answer = await cell.Keeper.RestoreAsync(_image.Path, consume: false, park: true, _logs, CancellationToken.None, _image.Record.Stopped);
                if (!answer.Ok)
                {
                    // Not tried again until somebody asks for a spare: a restore that failed once fails again.
                    await _context.Cells.DestroyAsync(cell);
                    return;
                }

                _parked.Add(cell);
                _changed();
            }
        }
        catch (OperationCanceledException)
        {
            // The pool is being closed.
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // No cell could be made (addresses, disk): the pool of cells tells, and the next take tries again.
        }
    }
}
