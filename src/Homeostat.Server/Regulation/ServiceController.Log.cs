using Homeostat.Core.Regulation;
using Homeostat.Core.Services;
using Microsoft.Extensions.Logging;

namespace Homeostat.Server.Regulation;

internal sealed partial class ServiceController
{
    [LoggerMessage(2001, LogLevel.Error, "{Service}: a turn of its regulation failed; it is tried again in a second")]
    private static partial void LogTurnFailed(ILogger log, ServiceName service, Exception e);

    [LoggerMessage(2002, LogLevel.Error, "{Service}: {Command} broke on the environment")]
    private static partial void LogCommandBroke(ILogger log, ServiceName service, RegulatorCommand command, Exception e);

    [LoggerMessage(2003, LogLevel.Warning, "{Service}: {Command} failed: {Failure}")]
    private static partial void LogCommandFailed(ILogger log, ServiceName service, RegulatorCommand command, string failure);

    [LoggerMessage(2004, LogLevel.Warning, "{Instance} keeps its limits: {Failure}")]
    private static partial void LogResizeFailed(ILogger log, InstanceId instance, string failure);
}
