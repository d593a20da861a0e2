using System.Text.Json;
using Homeostat.Client.Wire;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Server.Regulation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Homeostat.Server.Api;

/// <summary>What an operator asks of a service. Each answers when it is reached, or says why it is not.</summary>
internal static class ActionEndpoints
{
    public static void Map(IEndpointRouteBuilder app, ApiParts parts)
    {
        Post(app, "wake", "Starts or wakes an instance; answers when one is ready.", (tenant, service, request) =>
            ActAsync(parts, tenant, service, request, parts.Board.WakeAsync));
        Post(app, "freeze", "Freezes all instances: no CPU, memory kept.", (tenant, service, request) =>
            ActAsync(parts, tenant, service, request, (name, cancel) => parts.Board.SleepAsync(name, Tier.Frozen, cancel)));
        Post(app, "sleep", "Puts all instances into a tier: {\"to\": \"frozen\" | \"image\" | \"stopped\"}; image where nothing is said.", (tenant, service, request) =>
            SleepAsync(parts, tenant, service, request));
        app.MapPost("/v1/tenants/{tenant}/services/{service}:checkpoint", (string tenant, string service, HttpRequest request) => CheckpointAsync(parts, tenant, service, request))
            .WithName("checkpointService").WithSummary("Takes the template image of the current revision anew, also when an earlier try failed. ?keep=true keeps one that is good.")
            .Produces<CheckpointResult>().Produces<Problem>(404, "application/problem+json").Produces<Problem>(422, "application/problem+json");
    }

    private static void Post(IEndpointRouteBuilder app, string action, string summary, Func<string, string, HttpRequest, Task<IResult>> act) =>
        app.MapPost($"/v1/tenants/{{tenant}}/services/{{service}}:{action}", (string tenant, string service, HttpRequest request) => act(tenant, service, request))
            .WithName($"{action}Service").WithSummary(summary + " ?timeout=60s.")
            .Produces<ActionResult>().Produces<Problem>(404, "application/problem+json").Produces<Problem>(422, "application/problem+json").Produces<Problem>(504, "application/problem+json");

    private static async Task<IResult> SleepAsync(ApiParts parts, string tenant, string service, HttpRequest request)
    {
        string? to = null;
        if (request.ContentLength is > 0 || request.Headers.TransferEncoding.Count > 0)
        {
            try
            {
                to = (await JsonSerializer.DeserializeAsync(request.Body, WireJson.Default.SleepRequest, request.HttpContext.RequestAborted))?.To;
            }
            catch (JsonException)
            {
                return Problems.Of(Problems.InvalidRequest, "the body is not a JSON object", "Send {\"to\": \"image\"}.");
            }
        }
        Tier? tier = to switch { null or "image" => Tier.Image, "frozen" => Tier.Frozen, "stopped" => Tier.Stopped, _ => null };
        return tier is { } target
            ? await ActAsync(parts, tenant, service, request, (name, cancel) => parts.Board.SleepAsync(name, target, cancel))
            : Problems.Of(Problems.InvalidRequest, $"to is {to}; it must be frozen, image or stopped", "Send {\"to\": \"image\"}.");
    }

    private static async Task<IResult> ActAsync(ApiParts parts, string tenant, string service, HttpRequest request, Func<ServiceName, CancellationToken, Task<TierOutcome?>> act) =>
        await TimedAsync(parts, tenant, service, request, act, (_, tier, seconds) =>
            Results.Json(new ActionResult(service, WireMapping.TierName(tier), seconds), WireJson.Compact.ActionResult));

    private static async Task<IResult> CheckpointAsync(ApiParts parts, string tenant, string service, HttpRequest request) =>
        await TimedAsync(parts, tenant, service, request, (name, cancel) => parts.Board.CheckpointAsync(name, request.Query["keep"] == "true", cancel), (name, _, seconds) =>
            parts.Board.View(name) is { State.Status: { } status } now
                ? Results.Json(new CheckpointResult(service, now.Revision.Id.Number, WireMapping.Images(status), seconds), WireJson.Compact.CheckpointResult)
                : Problems.NoService(service, []));

    private static async Task<IResult> TimedAsync(
        ApiParts parts, string tenant, string service, HttpRequest request, Func<ServiceName, CancellationToken, Task<TierOutcome?>> act, Func<ServiceName, Tier, double, IResult> done)
    {
        if (!ServiceLookup.TryFind(parts, tenant, service, out var found, out var refusal))
        {
            return refusal;
        }
        var timeout = parts.Options.ActionTimeout;
        if (request.Query["timeout"].FirstOrDefault() is { } text && (!Quantities.TryParseDuration(text, out timeout) || timeout <= TimeSpan.Zero || timeout > TimeSpan.FromHours(1)))
        {
            return Problems.Of(Problems.InvalidRequest, $"timeout is {text}; it must be a duration 1ms..1h", "Write ?timeout=60s.");
        }
        using var limit = new CancellationTokenSource(timeout, parts.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, request.HttpContext.RequestAborted);
        var began = parts.Time.GetTimestamp();
        try
        {
            var outcome = await act(found.Revision.Id.Service, either.Token);
            var seconds = Math.Round(parts.Time.GetElapsedTime(began).TotalSeconds, 4);
            return outcome switch
            {
                null => Problems.NoService(service, []),
                { Failure: { } failure } => Problems.OfFailure(failure, service),
                { Tier: var tier } => done(found.Revision.Id.Service, tier, seconds),
            };
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return Problems.Of(Problems.TimedOut, $"not done within {Quantities.FormatDuration(timeout)}; it goes on by itself", $"See homeostat explain {service}; wait longer with a larger timeout.", service);
        }
    }
}
