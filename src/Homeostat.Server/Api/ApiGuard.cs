using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Homeostat.Server.Api;

/// <summary>
/// Keeps strangers out of the admin address. A web page in the administrator's browser can reach loopback too: one that rebinds its own name to 127.0.0.1
/// is caught by its Host, one that sends forms or scripts by its Origin or Sec-Fetch-Site. Other users of the host are told from the administrator
/// by the owner of their socket (<see cref="PeerIdentity"/>).
/// </summary>
internal sealed class ApiGuard(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var refusal = Refusal(context);
        return refusal is null ? next(context) : refusal.ExecuteAsync(context);
    }

    private static IResult? Refusal(HttpContext context)
    {
        var request = context.Request;
        var overSocket = context.Connection.RemoteIpAddress is null;
        if (!overSocket && !IsOwnHost(request.Host.Host, context.Connection.LocalIpAddress))
        {
            return Problems.Of(Problems.ForeignHost, $"the request is for host {request.Host}, which is not this address", "Use the address the platform printed, or localhost.");
        }
        var origin = request.Headers.Origin;
        if (origin.Count > 0 && !origin.Equals($"http://{request.Host}"))
        {
            return Problems.Of(Problems.ForeignOrigin, $"the request was made by a page of {origin}", "Only pages of this address itself may call the API.");
        }
        if (request.Headers.TryGetValue("Sec-Fetch-Site", out var site) && !site.Equals("same-origin") && !site.Equals("none"))
        {
            return Problems.Of(Problems.ForeignOrigin, $"the request was made by a page of another site ({site})", "Only pages of this address itself may call the API.");
        }
        var open = request.Path.StartsWithSegments("/livez") || request.Path.StartsWithSegments("/readyz") || request.Path.StartsWithSegments("/metrics");
        var items = context.Features.Get<IConnectionItemsFeature>()?.Items;
        return open || overSocket || (items is not null && PeerIdentity.IsTrusted(items))
            ? null
            : Problems.Of(Problems.NotAllowed, "the admin address answers only root and the user the platform runs as", "Run the command as that user, or use the unix socket admin.sock as a member of its group.");
    }

    private static bool IsOwnHost(string host, IPAddress? local) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && (IPAddress.IsLoopback(address) || address.Equals(local)));
}
