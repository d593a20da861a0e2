using System.Net.Sockets;
using System.Threading.Channels;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Images;

namespace Homeostat.Drivers.Runtime.Oci.Templates;

/// <summary>Clones restored beforehand and held before their first instruction. Refilled off the request path.</summary>
/// <param name="count">Spares kept, 0 to 8.</param>
/// <param name="changed">Called when one was parked.</param>
internal sealed class SparePool(CellFactory factory, Background background, TimeProvider time, CellPool cells, StoredImage image, string logs, int count, Action changed) : IAsyncDisposable
{
    private readonly Channel<Cell> _parked = Channel.CreateUnbounded<Cell>();
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _refill = Task.CompletedTask;

    public int Count => _parked.Reader.Count;

    /// <summary>Null when none is parked.</summary>
    public Cell? Take()
    {
        var taken = _parked.Reader.TryRead(out var cell) ? cell : null;
        Fill(CellPool.RefillDelay);
        if (taken is not { IsStale: true })
        {
            return taken;
        }

        // Killed from outside while it waited, or what it shows was replaced.
        background.Run(() => factory.DestroyAsync(taken));
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
        while (_parked.Reader.TryRead(out var cell))
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
            while (Count < count && !_stop.IsCancellationRequested)
            {
                if (ImageStore.WhyNot(image) is not null)
                {
                    return; // The next clone tells, and gives the template up.
                }

                var cell = await cells.TakeAsync(CancellationToken.None);
                var answer = await cell.Keeper.RestoreAsync(image.Path, consume: false, park: true, logs, CancellationToken.None, image.Record.Stopped);
                if (!answer.Ok)
                {
                    // Not tried again until somebody asks for a spare: a restore that failed once fails again.
                    await factory.DestroyAsync(cell);
                    return;
                }

                _parked.Writer.TryWrite(cell);
                changed();
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
