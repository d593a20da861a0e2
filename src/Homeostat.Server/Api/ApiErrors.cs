using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Homeostat.Server.Api;

/// <summary>The edge where faults of the environment become answers: logged once with their chain, told without it.</summary>
internal sealed partial class ApiErrors(RequestDelegate next, ILogger<ApiErrors> log)
{
    /// <summary>SQLite's code for a full disk.</summary>
    private const int SqliteFull = 13;

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a request meets, its client gets an answer and the platform goes on.")]
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone; nobody to answer.
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            var kind = e.StatusCode == StatusCodes.Status413PayloadTooLarge ? Problems.TooLarge : Problems.InvalidRequest;
            await Problems.Of(kind, e.Message.TrimEnd('.'), kind == Problems.TooLarge ? "A service file has at most 256 Ki characters." : "See /v1/openapi.json.").ExecuteAsync(context);
        }
        catch (Exception e)
        {
            Failed(log, e, context.Request.Method, context.Request.Path);
            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }
            var full = e is SqliteException { SqliteErrorCode: SqliteFull } || (e is IOException && e.HResult == 28);
            await (full
                ? Problems.Of(Problems.DiskFull, "the data directory's disk is full; nothing was changed", "Make room and try again.")
                : Problems.Of(Problems.Internal, $"{context.Request.Method} {context.Request.Path}: {e.Message.TrimEnd('.')}", "See the platform's log; please report it.")).ExecuteAsync(context);
        }
    }

    [LoggerMessage(6001, LogLevel.Error, "{Method} {Path} failed")]
    private static partial void Failed(ILogger log, Exception e, string method, PathString path);
}
