using Microsoft.Extensions.Logging;

namespace Homeostat.Server.Forwarding;

/// <summary>What the data plane writes to the log: little, because its answers and counters say the rest.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(EventId = 3001, Level = LogLevel.Error, Message = "A connection failed by a defect of the gateway")]
    public static partial void Defect(ILogger log, Exception exception);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Warning, Message = "Instance {Instance} of {Service} failed a request: {What}")]
    public static partial void InstanceFailed(ILogger log, string instance, string service, string what);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Information, Message = "Gateway listens on {Endpoint}")]
    public static partial void Listening(ILogger log, System.Net.IPEndPoint endpoint);
}
