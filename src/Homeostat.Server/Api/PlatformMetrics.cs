using System.Globalization;
using Homeostat.Core.Runtime;
using Homeostat.Server.Forwarding;
using Homeostat.Server.Hosting;
using Homeostat.Server.Regulation;

namespace Homeostat.Server.Api;

/// <summary>What <c>/metrics</c> shows, read at the moment of the scrape. Labels are bounded: service, tier, class, limit; never a path or a host.</summary>
internal static class PlatformMetrics
{
    public static string Write(ApiParts parts)
    {
        var text = new MetricsText();
        text.Family("build_info", "gauge", "Version and driver; always 1.").Sample(1, ("version", BuildVersion.Text), ("driver", parts.Driver.Capabilities.Name));
        text.Family("start_time_seconds", "gauge", "Start of this platform, unix time.").Sample(parts.StartedAt.ToUnixTimeMilliseconds() / 1000.0);
        WriteServices(text, parts);
        WriteRegulation(text, parts.Board.Counters);
        text.Family("monitor_looks_total", "counter", "Looks at the counters of instances at work.").Sample(parts.Board.Monitor.Looks);
        text.Family("monitor_limit_hits_total", "counter", "Ticks with more instances at work than are looked at in one.").Sample(parts.Board.Monitor.Crowded);
        WriteGateway(text, parts.Gateway.Counters);
        text.Family("events_total", "counter", "Events recorded.").Sample(parts.Events.Count);
        return text.ToString();
    }

    private static void WriteServices(MetricsText text, ApiParts parts)
    {
        var services = ServiceLookup.Of(parts, ServiceLookup.AnyTenant).ToList();
        text.Family("services", "gauge", "Services.").Sample(services.Count);
        text.Family("instances", "gauge", "Instances by tier.");
        foreach (var service in services)
        {
            foreach (var tier in new[] { Tier.Starting, Tier.Running, Tier.Frozen, Tier.PagedOut, Tier.Image })
            {
                text.Sample(service.Instances.Count(i => i.View.Tier == tier), ("tenant", service.Revision.Spec.Tenant.Value), ("service", service.Revision.Id.Service.Value), ("tier", WireMapping.TierName(tier)));
            }
        }
        PerService("instance_memory_bytes", "gauge", "Resident memory of the instances.", s => s.Instances.Sum(i => i.Observed.MemoryBytes));
        WriteLimits();
        PerService("sleep_image_bytes", "gauge", "Sleep images of the instances.", s => s.Instances.Sum(i => i.Observed.ImageBytes));
        PerService("template_image_bytes", "gauge", "Template image of the current revision.", s => s.State.Status?.TemplateBytes ?? 0);
        PerService("pool_bytes", "gauge", "Memory of prepared cells and parked spares.", s => s.State.Status?.PoolBytes ?? 0);
        PerService("requests_in_flight", "gauge", "Requests, streams and WebSockets in the instances.", s => s.Instances.Sum(i => i.View.InFlight));
        PerService("hold_queue_requests", "gauge", "Requests waiting in the gate.", s => s.Gate.Waiting);
        PerService("hold_queue_bytes", "gauge", "Bytes of requests held in the gate.", s => s.Gate.HeldBytes);

        void WriteLimits()
        {
            PerService("limit_cpu_cores", "gauge", "CPU limits of the instances that have one.", s => s.Instances.Sum(i => i.Observed.Limits?.Cpu ?? 0));
            PerService("limit_memory_bytes", "gauge", "Memory limits of the instances.", s => s.Instances.Sum(i => i.Observed.Limits?.MemoryBytes ?? 0));
            parts.Board.Throttled.Keep(services.Select(s => s.Revision.Id.Service).ToHashSet());
            PerService(
                "cpu_throttled_seconds_total", "counter", "Time that threads stood at CPU limits, summed over cores.",
                s => parts.Board.Throttled.Read(s.Revision.Id.Service, s.Instances.Select(i => i.View.Id)).TotalSeconds);
        }

        void PerService(string name, string type, string help, Func<Core.Explanation.ServiceSnapshot, double> value)
        {
            text.Family(name, type, help);
            foreach (var service in services)
            {
                text.Sample(value(service), ("tenant", service.Revision.Spec.Tenant.Value), ("service", service.Revision.Id.Service.Value));
            }
        }
    }

    private static void WriteRegulation(MetricsText text, BoardCounters counters)
    {
        text.Family("hold_entered_total", "counter", "Requests that waited in a gate.").Sample(counters.Gate.Entered);
        text.Family("hold_left_total", "counter", "Clients that went away while they waited.").Sample(counters.Gate.Left);
        text.Family("hold_rejected_total", "counter", "Requests turned away by a gate.");
        foreach (var (reason, count) in counters.Gate.Rejected)
        {
            text.Sample(count, ("reason", reason));
        }
        text.Family("regulator_turns_total", "counter", "Turns of the regulation: a service observed, decided on, executed and published.").Sample(counters.Turns);
        text.Family("regulator_turn_seconds_total", "counter", "Time spent in turns of the regulation.").Sample(counters.InTurns.TotalSeconds);
        text.Family("scale_decisions_total", "counter", "Decisions of the regulator by action.");
        foreach (var (action, count) in counters.Decisions)
        {
            text.Sample(count, ("action", action));
        }
        text.Family("resizes_total", "counter", "Limits changed in place.");
        foreach (var ((direction, outcome), count) in counters.Resizes)
        {
            text.Sample(count, ("direction", direction), ("outcome", outcome));
        }
        text.Family("wake_duration_seconds", "histogram", "From a start or wake asked of the driver to ready.");
        foreach (var ((way, outcome), wakes) in counters.Wakes)
        {
            WriteHistogram(text, wakes, way.ToString().ToLowerInvariant(), outcome);
        }
    }

    private static void WriteHistogram(MetricsText text, WakeHistogram wakes, string way, string outcome)
    {
        var (buckets, count) = (wakes.Buckets, 0L);
        for (var i = 0; i < buckets.Count; i++)
        {
            count += buckets[i];
            var bound = i < WakeHistogram.Bounds.Count ? WakeHistogram.Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            text.Sample("_bucket", count, ("way", way), ("outcome", outcome), ("le", bound));
        }
        text.Sample("_sum", wakes.SumSeconds, ("way", way), ("outcome", outcome));
        text.Sample("_count", count, ("way", way), ("outcome", outcome));
    }

    private static void WriteGateway(MetricsText text, GatewayCounters gateway)
    {
        text.Family("http_responses_total", "counter", "Final responses of the gateway by class of status.");
        for (var status = 1; status <= 5; status++)
        {
            text.Sample(gateway.Responses(status), ("class", $"{status}xx"));
        }
        text.Family("http_connections_total", "counter", "Client connections accepted.").Sample(gateway.Connections);
        text.Family("http_connections_open", "gauge", "Client connections open.").Sample(gateway.ConnectionsOpen);
        text.Family("http_requests_in_flight", "gauge", "Requests, streams and WebSockets in the gateway.").Sample(gateway.InFlight);
        text.Family("http_client_aborts_total", "counter", "Requests whose client went away.").Sample(gateway.ClientAborts);
        text.Family("http_connect_retries_total", "counter", "Connections to instances tried again.").Sample(gateway.ConnectRetries);
        text.Family("http_limit_hits_total", "counter", "Limits of the gateway that were hit.");
        foreach (var limit in Enum.GetValues<GatewayLimit>())
        {
            text.Sample(gateway.Hits(limit), ("limit", limit.ToString()));
        }
    }
}
