using Homeostat.Client.Wire;
using Homeostat.Core.Runtime;
using Homeostat.Server.Services;
using Microsoft.AspNetCore.Http;

namespace Homeostat.Server.Api;

/// <summary>A kind of error: what never changes about it. Listed in docs/reference/errors.md.</summary>
internal sealed record ProblemKind(string Code, int Status, string Title);

/// <summary>Every error of the API, and which outcome becomes which: the only place that knows status codes.</summary>
internal static class Problems
{
    public static readonly ProblemKind InvalidServiceFile = new("invalid-service-file", 422, "The service file has errors");
    public static readonly ProblemKind InvalidRequest = new("invalid-request", 400, "The request cannot be understood");
    public static readonly ProblemKind NoSuchService = new("no-such-service", 404, "There is no such service");
    public static readonly ProblemKind NoSuchInstance = new("no-such-instance", 404, "There is no such instance");
    public static readonly ProblemKind NoSuchAddress = new("no-such-address", 404, "The API has no such address");
    public static readonly ProblemKind NameMismatch = new("name-mismatch", 422, "The service file names another service or tenant than the address");
    public static readonly ProblemKind RouteTaken = new("route-taken", 409, "Another service has the route");
    public static readonly ProblemKind OtherTenant = new("other-tenant", 409, "Another tenant has a service of this name");
    public static readonly ProblemKind NotRunnable = new("not-runnable", 422, "The service cannot run on this host");
    public static readonly ProblemKind TierNotReached = new("tier-not-reached", 422, "The service did not get to the tier");
    public static readonly ProblemKind StartFailed = new("start-failed", 502, "The service did not start");
    public static readonly ProblemKind TimedOut = new("timed-out", 504, "It took too long");
    public static readonly ProblemKind ForeignHost = new("foreign-host", 421, "The request is for another host");
    public static readonly ProblemKind ForeignOrigin = new("foreign-origin", 403, "The request comes from a web page");
    public static readonly ProblemKind NotAllowed = new("not-allowed", 403, "This user may not manage the platform");
    public static readonly ProblemKind TooLarge = new("too-large", 413, "The body is too large");
    public static readonly ProblemKind DiskFull = new("disk-full", 507, "The disk is full");
    public static readonly ProblemKind Internal = new("internal", 500, "The platform failed");

    public static IReadOnlyList<ProblemKind> All { get; } =
    [
        InvalidServiceFile, InvalidRequest, NoSuchService, NoSuchInstance, NoSuchAddress, NameMismatch, RouteTaken, OtherTenant, NotRunnable,
        TierNotReached, StartFailed, TimedOut, ForeignHost, ForeignOrigin, NotAllowed, TooLarge, DiskFull, Internal,
    ];

    public static IResult Of(ProblemKind kind, string? detail, string? remedy, string? service = null, IReadOnlyList<ProblemError>? errors = null) =>
        Results.Json(Make(kind, detail, remedy, service, errors), WireJson.Compact.Problem, "application/problem+json", kind.Status);

    public static Problem Make(ProblemKind kind, string? detail, string? remedy, string? service = null, IReadOnlyList<ProblemError>? errors = null) =>
        new($"urn:homeostat:problem:{kind.Code}", kind.Title, kind.Status, detail, kind.Code, remedy, Service: service, Errors: errors);

    public static IResult NoService(string service, IEnumerable<string> known)
    {
        var names = known.Take(20).ToList();
        return Of(NoSuchService, $"there is no service {service}", names.Count == 0 ? "Apply one: homeostat apply -f service.yaml." : $"There are: {string.Join(", ", names)}.", service);
    }

    /// <summary>An operation that did not get the service to its tier.</summary>
    public static IResult OfFailure(Failure failure, string service)
    {
        var kind = failure.Kind switch
        {
            FailureKind.CommandNotFound or FailureKind.ProgramExited or FailureKind.NeverListened or FailureKind.Unhealthy => StartFailed,
            FailureKind.NoSpace => DiskFull,
            FailureKind.Cancelled => TimedOut,
            _ => TierNotReached,
        };
        return Of(kind, failure.Message, failure.Remedy ?? $"See homeostat explain {service} and homeostat logs {service}.", service);
    }

    public static IResult OfApply(ApplyOutcome outcome) => outcome switch
    {
        ApplyOutcome.Applied applied => Results.Json(WireMapping.Applied(applied, dryRun: false), WireJson.Compact.ApplyResult),
        ApplyOutcome.Invalid invalid => Of(
            InvalidServiceFile, $"{invalid.Errors.Count} {(invalid.Errors.Count == 1 ? "error" : "errors")}", "Correct them; homeostat validate -f FILE checks without applying.",
            errors: [.. invalid.Errors.Select(WireMapping.Error)]),
        ApplyOutcome.NameMismatch mismatch => Of(
            NameMismatch, $"{mismatch.Key} is {mismatch.InFile} in the file and {mismatch.InAddress} in the address", "Make them the same."),
        ApplyOutcome.OtherTenant other => Of(
            OtherTenant, $"service {other.Service} belongs to tenant {other.Owner}", "Choose another name: service names are unique on a platform.", other.Service.Value),
        ApplyOutcome.RoutesTaken taken => Of(
            RouteTaken,
            string.Join("; ", taken.Conflicts.Select(c => $"{WireMapping.Route(c.Route)} belongs to service {c.Holder.Id.Service}")),
            "Choose another host or path, or remove that service.", taken.Conflicts[0].Refused.Id.Service.Value),
        ApplyOutcome.NotRunnable not => Of(NotRunnable, not.Failure.Message, not.Failure.Remedy ?? "See homeostat doctor."),
        _ => throw new InvalidOperationException($"{outcome.GetType().Name} has no answer"),
    };
}
