namespace Homeostat.Drivers.Runtime.Oci.Cells;

/// <summary>Cells that wait to be used, the oldest first. One that ends while it waits is taken out by itself. Safe for concurrent use.</summary>
/// <param name="ended">Gets each cell that ended, which is in nobody's hands then, and how long to wait before another is made: ever longer if none was used since, because what ends
/// them is still there.</param>
internal sealed class WaitingCells(Action<Cell, TimeSpan> ended)
{
    /// <summary>Making a cell takes 10 to 40 ms of a core: the request that has just taken one shall be answered first.</summary>
    public static readonly TimeSpan RefillDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>51 s at most.</summary>
    private const int DoublingsMax = 9;

    private readonly Lock _lock = new();
    private readonly List<Cell> _cells = [];
    private int _ended;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _cells.Count;
            }
        }
    }

    public void Add(Cell cell)
    {
        lock (_lock)
        {
            _cells.Add(cell);
        }

        _ = WatchAsync(cell);
    }

    /// <summary>Null: there is none.</summary>
    public Cell? Take()
    {
        lock (_lock)
        {
            if (_cells is not [var oldest, ..])
            {
                return null;
            }

            _cells.RemoveAt(0);
            _ended = 0;
            return oldest;
        }
    }

    /// <summary>Never completes for a cell that is let go of alive.</summary>
    private async Task WatchAsync(Cell cell)
    {
        await cell.Keeper.Exited;
        TimeSpan delay;
        lock (_lock)
        {
            if (!_cells.Remove(cell))
            {
                return;
            }

            delay = RefillDelay * (1 << Math.Min(_ended++, DoublingsMax));
        }

        ended(cell, delay);
    }
}
