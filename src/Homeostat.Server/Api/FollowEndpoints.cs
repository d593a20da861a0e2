using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Homeostat.Client.Wire;
using Homeostat.Core.Services;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Homeostat.Server.Api;

/// <summary>Events and logs, at once or followed. As server-sent events where the client asks for them; else events as a JSON array, logs as text.</summary>
internal static class FollowEndpoints
{
    private const int TailMax = 100_000;

    public static void Map(IEndpointRouteBuilder app, ApiParts parts)
    {
        app.MapGet("/v1/events", (HttpContext context, CancellationToken cancel) => EventsAsync(parts, context, cancel))
            .WithName("events").WithSummary("What happened, oldest first; ?follow=true goes on. Server-sent events resume after Last-Event-ID.")
            .Produces<List<EventInfo>>(200, "application/json", "text/event-stream");
        app.MapGet("/v1/tenants/{tenant}/services/{service}/logs", (string tenant, string service, HttpContext context) => LogsAsync(parts, tenant, service, context))
            .WithName("logs").WithSummary("What the service's instances wrote: ?tail=100&follow=true&instance=ID.")
            .Produces<string>(200, "text/plain", "text/event-stream").Produces<Problem>(404, "application/problem+json");
    }

    private static async Task EventsAsync(ApiParts parts, HttpContext context, CancellationToken cancel)
    {
        var follow = IsTrue(context, "follow");
        var after = parts.Events.After(context.Request.Headers["Last-Event-ID"].FirstOrDefault());
        var events = parts.Events.ReadAsync(after, follow, cancel);
        if (!follow && !WantsStream(context))
        {
            var all = new List<EventInfo>();
            await foreach (var logged in events)
            {
                all.Add(WireMapping.Event(logged));
            }
            await Results.Json(all, WireJson.Compact.ListEventInfo).ExecuteAsync(context);
            return;
        }
        await BeginStreamAsync(context, "text/event-stream", cancel);
        await foreach (var logged in events)
        {
            await WriteEventAsync(context, WireMapping.Event(logged), WireJson.Compact.EventInfo, logged.Id, cancel);
        }
    }

    private static async Task LogsAsync(ApiParts parts, string tenant, string service, HttpContext context)
    {
        if (!ServiceLookup.TryFind(parts, tenant, service, out var found, out var refusal))
        {
            await refusal.ExecuteAsync(context);
            return;
        }
        var query = context.Request.Query;
        var instance = query["instance"].FirstOrDefault();
        var ids = parts.Driver.EndedWithLogs(found.Revision.Id.Service).Concat(found.Instances.Select(i => i.View.Id)).Select(id => id.Value).Distinct().ToList();
        if (instance is not null && !ids.Contains(instance))
        {
            var known = string.Join(", ", ids);
            await Problems.Of(Problems.NoSuchInstance, $"{service} has no instance {instance}", known.Length == 0 ? "It has none now." : $"It has: {known}.", service).ExecuteAsync(context);
            return;
        }
        var tailText = query["tail"].FirstOrDefault() ?? "100";
        if (!int.TryParse(tailText, NumberStyles.None, CultureInfo.InvariantCulture, out var tail) || tail > TailMax)
        {
            await Problems.Of(Problems.InvalidRequest, $"tail is {tailText}; it must be a whole number 0..{TailMax}", "Write ?tail=100.").ExecuteAsync(context);
            return;
        }
        var cancel = context.RequestAborted;
        var lines = new LogFollower(parts.Driver, parts.Events, parts.Board.View, found.Revision.Id.Service, instance is null ? null : new InstanceId(instance), tail).ReadAsync(IsTrue(context, "follow"), cancel);
        var stream = WantsStream(context);
        await BeginStreamAsync(context, stream ? "text/event-stream" : "text/plain; charset=utf-8", cancel);
        await foreach (var line in lines)
        {
            if (stream)
            {
                await WriteEventAsync(context, WireMapping.Log(line), WireJson.Compact.LogInfo, null, cancel);
            }
            else
            {
                await context.Response.WriteAsync($"{line.At:yyyy-MM-ddTHH:mm:ss.fffZ} {line.Instance} {line.Text}\n", cancel);
            }
        }
    }

    private static async Task BeginStreamAsync(HttpContext context, string type, CancellationToken cancel)
    {
        context.Response.ContentType = type;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.StartAsync(cancel);
        await context.Response.Body.FlushAsync(cancel);
    }

    private static async Task WriteEventAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type, string? id, CancellationToken cancel)
    {
        // JSON has no raw line breaks, so one data line holds it.
        var text = new StringBuilder();
        if (id is not null)
        {
            text.Append("id: ").Append(id).Append('\n');
        }
        text.Append("data: ").Append(JsonSerializer.Serialize(value, type)).Append("\n\n");
        await context.Response.WriteAsync(text.ToString(), cancel);
        await context.Response.Body.FlushAsync(cancel);
    }

    private static bool WantsStream(HttpContext context) => context.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.Ordinal);

    private static bool IsTrue(HttpContext context, string name) => context.Request.Query[name].FirstOrDefault() is "true" or "1" or "";
}
