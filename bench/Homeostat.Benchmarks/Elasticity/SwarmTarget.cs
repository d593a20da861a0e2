using System.Net.Sockets;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>
/// The replicas of a Swarm service with the best balancing there is: the client itself knows which ones listen (asked every 50 ms) and takes the one with the fewest requests in flight,
/// without a proxy between.
/// </summary>
internal sealed class SwarmTarget : ILoadTarget, IDisposable
{
    /// <summary>How often it is looked which replicas listen.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly Slot[] _slots;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _looking;

    /// <param name="most">Slots there can be.</param>
    public SwarmTarget(int most)
    {
        _slots = [.. Enumerable.Range(1, most).Select(i => new Slot(i))];
        _looking = LookAsync();
    }

    /// <summary>Replicas that listen now.</summary>
    public int Ready
    {
        get
        {
            lock (_lock)
            {
                return _slots.Count(s => s.Listens);
            }
        }
    }

    public async Task<HttpLane?> TakeAsync(CancellationToken limit)
    {
        while (!limit.IsCancellationRequested)
        {
            var (slot, lane) = Choose();
            lane ??= slot is null ? null : await HttpLane.ConnectAsync(SwarmPeer.At(slot.Number), "work", limit);
            if (lane is not null)
            {
                return lane;
            }

            Gone(slot);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
        }

        return null;
    }

    public void Return(HttpLane lane)
    {
        lock (_lock)
        {
            var slot = _slots[lane.Server.Port - SwarmPeer.At(0).Port - 1];
            slot.InFlight--;
            if (!lane.IsBroken)
            {
                slot.Idle.Push(lane);
                return;
            }

            // Whoever is gone is gone for all its connections.
            foreach (var idle in slot.Idle)
            {
                idle.Dispose();
            }

            slot.Idle.Clear();
        }

        lane.Dispose();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _looking.GetAwaiter().GetResult();
        _stop.Dispose();
        foreach (var lane in _slots.SelectMany(s => s.Idle))
        {
            lane.Dispose();
        }
    }

    private (Slot? Slot, HttpLane? Lane) Choose()
    {
        lock (_lock)
        {
            var slot = _slots.Where(s => s.Listens).MinBy(s => s.InFlight);
            if (slot is null)
            {
                return (null, null);
            }

            slot.InFlight++;
            return (slot, slot.Idle.TryPop(out var lane) ? lane : null);
        }
    }

    private void Gone(Slot? slot)
    {
        lock (_lock)
        {
            if (slot is not null)
            {
                slot.InFlight--;
                slot.Listens = false;
            }
        }
    }

    private async Task LookAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            foreach (var slot in _slots)
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                var listens = true;
                try
                {
                    await socket.ConnectAsync(SwarmPeer.At(slot.Number));
                }
                catch (SocketException)
                {
                    listens = false;
                }

                lock (_lock)
                {
                    slot.Listens = listens;
                }
            }

            await Task.Delay(Look, TimeProvider.System, CancellationToken.None);
        }
    }

    private sealed class Slot(int number)
    {
        public int Number => number;

        public bool Listens { get; set; }

        public int InFlight { get; set; }

        public Stack<HttpLane> Idle { get; } = new();
    }
}
