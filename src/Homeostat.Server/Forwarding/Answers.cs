using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Homeostat.Core.Services;
using Homeostat.Server.Forwarding.Contract;
using Homeostat.Server.Forwarding.Http1;

namespace Homeostat.Server.Forwarding;

/// <summary>
/// What the gateway itself answers: the one place where outcomes become status codes. Always problem+json (RFC 9457) with a stable
/// <c>type</c> (<c>urn:homeostat:problem:CODE</c>) and a text that says what to do.
/// </summary>
internal static class Answers
{
    public const string TypePrefix = "urn:homeostat:problem:";

    /// <summary>Nobody will read it; logged and counted as what it is.</summary>
    public static readonly Refusal ClientGone = new(499, "client-gone", "The client closed the connection", "");

    public static readonly Refusal NotReached = new(
        502, "instance-not-reached", "No connection to an instance could be made",
        "Instances were said to be ready but refused connections. See what the program does: homeostat logs SERVICE, homeostat explain SERVICE.");

    public static Refusal UnknownHost(ReadOnlySpan<byte> host) => new(
        404, "unknown-host", "No service has a route for this host and path",
        $"Nothing is routed for '{Encoding.ASCII.GetString(host)}' and this path. homeostat ls shows the routes there are.");

    public static Refusal AppTimeout(ServiceName service) => new(
        504, "app-timeout", "The instance did not answer in time",
        $"The request reached an instance of {service} and may have been processed, so it was not repeated.");

    /// <param name="remedy">What to do; null: to look at the logs.</param>
    public static Refusal InstanceFailed(ServiceName service, string what, string? remedy = null) => new(
        502, "instance-failed", "The instance failed",
        $"An instance of {service} was reached, but {what}. The request may have been processed, so it was not repeated. To mend it: {remedy ?? $"see homeostat logs {service}"}.");

    /// <summary>The gate's answer, if it is not a slot.</summary>
    public static Refusal Of(in Admission admission, ServiceName service)
    {
        var (status, code, title, advice) = admission.Kind switch
        {
            AdmissionKind.Full => (503, "gate-full", "Too many requests are waiting", "Try again after the time in Retry-After."),
            AdmissionKind.TimedOut => (504, "start-timeout", "No instance became ready in time", $"See homeostat explain {service}."),
            AdmissionKind.Unavailable => (503, "unavailable", "No instance can be started now", $"See homeostat explain {service}."),
            AdmissionKind.StartFailed => (502, "start-failed", "The instance failed to start", $"See homeostat logs {service}."),
            _ => throw new InvalidOperationException($"{admission.Kind} is no refusal."),
        };
        return new Refusal(status, code, title, admission.Detail ?? advice)
        {
            RetryAfter = status == 503 ? Math.Clamp((int)Math.Ceiling(admission.RetryAfter.TotalSeconds), 1, 3600) : null,
        };
    }

    /// <summary>Writes the whole answer.</summary>
    /// <param name="keep">The connection stays open; else it says <c>Connection: close</c>.</param>
    /// <param name="toHead">Without the body, with its length.</param>
    public static void Write(PipeWriter output, Refusal refusal, ReadOnlySpan<byte> requestId, ServiceName? service, bool toHead, bool keep)
    {
        var body = Body(refusal, requestId, service);
        var head = new StringBuilder(256)
            .Append("HTTP/1.1 ").Append(refusal.Status).Append(' ').Append(Reason(refusal.Status))
            .Append("\r\nContent-Type: application/problem+json\r\nCache-Control: no-store\r\nContent-Length: ").Append(body.WrittenCount)
            .Append("\r\nDate: ").Append(DateTimeOffset.UtcNow.ToString("r"));
        if (refusal.RetryAfter is { } seconds)
            head.Append("\r\nRetry-After: ").Append(seconds);
        if (!keep)
            head.Append("\r\nConnection: close");
        head.Append("\r\n\r\n");
        output.Write(Encoding.ASCII.GetBytes(head.ToString()));
        if (!toHead)
            output.Write(body.WrittenSpan);
    }

    private static ArrayBufferWriter<byte> Body(Refusal refusal, ReadOnlySpan<byte> requestId, ServiceName? service)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("type"u8, TypePrefix + refusal.Code);
        json.WriteString("title"u8, refusal.Title);
        json.WriteNumber("status"u8, refusal.Status);
        json.WriteString("detail"u8, refusal.Detail);
        json.WriteString("code"u8, refusal.Code);
        if (service is { } name)
            json.WriteString("service"u8, name.Value);
        if (!requestId.IsEmpty)
            json.WriteString("requestId"u8, requestId);
        if (refusal.RetryAfter is { } seconds)
            json.WriteNumber("retryAfter"u8, seconds);
        json.WriteEndObject();
        json.Flush();
        return body;
    }

    private static string Reason(int status) => status switch
    {
        400 => "Bad Request",
        404 => "Not Found",
        408 => "Request Timeout",
        414 => "URI Too Long",
        417 => "Expectation Failed",
        431 => "Request Header Fields Too Large",
        499 => "Client Closed Request",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "Error",
    };
}
