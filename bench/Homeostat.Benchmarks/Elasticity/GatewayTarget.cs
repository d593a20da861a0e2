using System.Collections.Concurrent;
using System.Net;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>A service behind a gateway: the gateway chooses the instance.</summary>
internal sealed class GatewayTarget(IPEndPoint gateway, string host) : ILoadTarget, IDisposable
{
    private readonly ConcurrentBag<HttpLane> _idle = [];

    public async Task<HttpLane?> TakeAsync(CancellationToken limit) => _idle.TryTake(out var lane) ? lane : await HttpLane.ConnectAsync(gateway, host, limit);

    /// <summary>Connects ahead, so that a burst does not begin with handshakes.</summary>
    public async Task ConnectAsync(int lanes, CancellationToken cancel)
    {
        for (var i = _idle.Count; i < lanes; i++)
        {
            _idle.Add(await HttpLane.ConnectAsync(gateway, host, cancel) ?? throw new InvalidOperationException($"no connection to {gateway}"));
        }
    }

    public void Return(HttpLane lane)
    {
        if (lane.IsBroken)
        {
            lane.Dispose();
            // Closed by the gateway after a long rest: so are the others that rested with it.
            Dispose();
            return;
        }

        _idle.Add(lane);
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var lane))
        {
            lane.Dispose();
        }
    }
}
