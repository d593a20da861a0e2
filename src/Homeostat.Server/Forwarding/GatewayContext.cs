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
    ILogger Log);
