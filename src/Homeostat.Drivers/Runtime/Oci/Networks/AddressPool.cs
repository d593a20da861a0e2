using System.Net;

namespace Homeostat.Drivers.Runtime.Oci.Networks;

/// <summary>
/// Hands out addresses in a circle: one that was given back is used again only after all others, so late packets of an old connection don't reach a new
/// instance. Owner of its state: itself, under its lock.
/// </summary>
internal sealed class AddressPool(AddressRange range, int start)
{
    private readonly Lock _lock = new();
    private readonly HashSet<int> _taken = [];
    private int _next = start;
    private TaskCompletionSource? _noneTaken;

    public AddressRange Range => range;

    public int TakenCount
    {
        get
        {
            lock (_lock)
            {
                return _taken.Count;
            }
        }
    }

    /// <summary>Null when all are taken.</summary>
    public IPAddress? Take()
    {
        lock (_lock)
        {
            for (var tried = 0; tried < range.Capacity; tried++)
            {
                var candidate = (int)((uint)_next++ % (uint)range.Capacity);
                if (_taken.Add(candidate))
                {
                    return range.Nth(candidate);
                }
            }

            return null;
        }
    }

    /// <summary>Completes when none is taken: now, or when the last one is given back. One may be taken again right after.</summary>
    public Task NoneTakenAsync()
    {
        lock (_lock)
        {
            return _taken.Count == 0
                ? Task.CompletedTask
                : (_noneTaken ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Marks an address that an adopted instance has. False: it is outside the range or taken.</summary>
    public bool Adopt(IPAddress address)
    {
        lock (_lock)
        {
            return range.IndexOf(address) is { } n && _taken.Add(n);
        }
    }

    public void GiveBack(IPAddress address)
    {
        lock (_lock)
        {
            if (range.IndexOf(address) is { } n)
            {
                _taken.Remove(n);
            }

            if (_taken.Count == 0)
            {
                _noneTaken?.TrySetResult();
                _noneTaken = null;
            }
        }
    }
}
