using System.Text;
using Homeostat.Client.Wire;
using Homeostat.Core.Explanation;
using Homeostat.Core.Services;
using Homeostat.Server.Services;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Homeostat.Server.Api;

/// <summary>Declaring, listing and removing services.</summary>
internal static class ServiceEndpoints
{
    public static void Map(IEndpointRouteBuilder app, ApiParts parts)
    {
        app.MapGet("/v1/tenants/{tenant}/services", async (string tenant, CancellationToken cancel) =>
            {
                await parts.Board.RefreshAsync(cancel);
                return Results.Json(ServiceLookup.Of(parts, tenant).Select(WireMapping.Summary).ToList(), WireJson.Compact.ListServiceSummary);
            })
            .WithName("listServices").WithSummary("Services of a tenant (- for all), by name.").Produces<List<ServiceSummary>>();
        app.MapGet("/v1/tenants/{tenant}/instances", async (string tenant, CancellationToken cancel) =>
            {
                await parts.Board.RefreshAsync(cancel);
                return Results.Json(ServiceLookup.Of(parts, tenant).SelectMany(s => s.Instances).Select(WireMapping.Instance).ToList(), WireJson.Compact.ListInstanceInfo);
            })
            .WithName("listInstances").WithSummary("Instances of all services of a tenant (- for all).").Produces<List<InstanceInfo>>();
        app.MapPut("/v1/tenants/{tenant}/services/{service}", (string tenant, string service, HttpRequest request) => ApplyAsync(parts, tenant, service, request))
            .WithName("applyService")
            .WithSummary("Applies a service file (YAML or JSON). Idempotent: the same spec makes no new revision. ?dryRun=true only checks; ?base=DIR is where relative paths start.")
            .AddOpenApiOperationTransformer(ApiDocument.TakesServiceFile).Produces<ApplyResult>().Produces<ApplyResult>(201).Produces<Problem>(422, "application/problem+json").Produces<Problem>(409, "application/problem+json");
        app.MapGet("/v1/tenants/{tenant}/services/{service}", (string tenant, string service, CancellationToken cancel) => ShowAsync(parts, tenant, service, found =>
                Results.Json(WireMapping.Detail(found, parts.Registry.History(found.Revision.Id.Service)), WireJson.Compact.ServiceDetail), cancel))
            .WithName("getService").WithSummary("All of a service: spec, revisions, images, instances.").Produces<ServiceDetail>().Produces<Problem>(404, "application/problem+json");
        app.MapGet("/v1/tenants/{tenant}/services/{service}/instances", (string tenant, string service, CancellationToken cancel) => ShowAsync(parts, tenant, service, found =>
                Results.Json(found.Instances.Select(WireMapping.Instance).ToList(), WireJson.Compact.ListInstanceInfo), cancel))
            .WithName("listInstancesOfService").WithSummary("Instances of a service.").Produces<List<InstanceInfo>>().Produces<Problem>(404, "application/problem+json");
        app.MapGet("/v1/tenants/{tenant}/services/{service}/explain", (string tenant, string service, CancellationToken cancel) => ShowAsync(parts, tenant, service, found =>
                Results.Json(WireMapping.Explained(Explainer.Explain(found)), WireJson.Compact.Explanation), cancel))
            .WithName("explainService").WithSummary("Why the service is as it is, with the decisions that led there.").Produces<Explanation>().Produces<Problem>(404, "application/problem+json");
        app.MapGet("/v1/tenants/{tenant}/services/{service}/arrivals", (string tenant, string service, CancellationToken cancel) => ShowAsync(parts, tenant, service, found =>
                Results.Json(WireMapping.Arrivals(found.Revision.Id.Service, parts.Time.GetUtcNow(), parts.Board.Arrivals(found.Revision.Id.Service)), WireJson.Compact.ArrivalsInfo), cancel))
            .WithName("listArrivalsOfService").WithSummary("How many requests came in each of the last seconds in which any came.").Produces<ArrivalsInfo>().Produces<Problem>(404, "application/problem+json");
        app.MapDelete("/v1/tenants/{tenant}/services/{service}", (string tenant, string service, CancellationToken cancel) => RemoveAsync(parts, tenant, service, cancel))
            .WithName("removeService").WithSummary("Removes a service: unrouted, its instances ended, everything of it given back.").Produces(204).Produces<Problem>(404, "application/problem+json");
    }

    private static async Task<IResult> ShowAsync(ApiParts parts, string tenant, string service, Func<ServiceSnapshot, IResult> show, CancellationToken cancel)
    {
        await parts.Board.RefreshAsync(cancel);
        return ServiceLookup.TryFind(parts, tenant, service, out var found, out var refusal) ? show(found) : refusal;
    }

    private static async Task<IResult> ApplyAsync(ApiParts parts, string tenant, string service, HttpRequest request)
    {
        var baseFolder = request.Query["base"].FirstOrDefault();
        if (baseFolder is not null && (!baseFolder.StartsWith('/') || baseFolder.Any(char.IsControl)))
        {
            return Problems.Of(Problems.InvalidRequest, $"base is {baseFolder}; it must be an absolute folder", "Write ?base=/path/of/the/service/file.");
        }
        var dryRun = request.Query["dryRun"].FirstOrDefault() == "true";
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var text = await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
        if (request.ContentType?.Contains("json", StringComparison.OrdinalIgnoreCase) == true)
        {
            // JSON may be indented with tabs, YAML may not; inside JSON strings there are none.
            text = text.Replace('\t', ' ');
        }
        TenantName? owner = tenant is ServiceLookup.AnyTenant ? null : new TenantName(tenant);
        var outcome = await parts.Operations.ApplyAsync(text, baseFolder, owner, new ServiceName(service), dryRun, request.HttpContext.RequestAborted);
        return outcome is ApplyOutcome.Applied applied
            ? Results.Json(WireMapping.Applied(applied, dryRun), WireJson.Compact.ApplyResult, statusCode: applied is { Changed: true, Revision.Id.Number: 1 } && !dryRun ? 201 : 200)
            : Problems.OfApply(outcome);
    }

    private static async Task<IResult> RemoveAsync(ApiParts parts, string tenant, string service, CancellationToken cancel)
    {
        if (!ServiceLookup.TryFind(parts, tenant, service, out var found, out var refusal))
        {
            return refusal;
        }
        return await parts.Operations.RemoveAsync(found.Revision.Id.Service, cancel) ? Results.NoContent() : Problems.NoService(service, []);
    }
}
