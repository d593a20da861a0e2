using Homeostat.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Homeostat.Server.Api;

/// <summary>For supervisors and Prometheus: open to every user of the host, and without anything of a tenant in them but service names.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder app, ApiParts parts)
    {
        app.MapGet("/livez", () => Results.Text("ok\n")).ExcludeFromDescription();
        app.MapGet("/readyz", (HttpRequest request) => Ready(parts, request.Query.ContainsKey("verbose"))).ExcludeFromDescription();
        app.MapGet("/metrics", () => Results.Text(PlatformMetrics.Write(parts), "text/plain; version=0.0.4; charset=utf-8")).ExcludeFromDescription();
    }

    private static IResult Ready(ApiParts parts, bool verbose)
    {
        var text = parts.Ready ? "ok\n" : "starting or stopping\n";
        if (verbose)
        {
            text += $"version {BuildVersion.Text}\ndriver {parts.Driver.Capabilities.Name}\ngateway {string.Join(' ', parts.Gateway.Endpoints)}\nservices {parts.Board.Views().Count}\n";
        }
        return Results.Text(text, statusCode: parts.Ready ? 200 : 503);
    }
}
