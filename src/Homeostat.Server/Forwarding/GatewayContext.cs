using Homeostat.Server.Forwarding.Contract;
using Microsoft.Extensions.Logging;

namespace Homeostat.Server.Forwarding;

/// <summary>What all connections of a gateway share.</summary>
internal sealed record GatewayContext(
    GatewayOptions Options,
    RouteLookup Routes,
    GatewayCounters Counters,
    UpstreamSweep Upstreams,
    TimeProvider Time,
    ILogger Log)
{
    private volatile bool _isDraining;

    /// <summary>The gateway stops: every response from now on is the last of its connection.</summary>
    public bool IsDraining => _isDraining;

    public void Drain() => _isDraining = true;
}
