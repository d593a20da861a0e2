using System.Runtime.InteropServices;
using Homeostat.Client.Wire;
using Homeostat.Server.Doctor;
using Homeostat.Server.Hosting;
using Homeostat.Server.Regulation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Homeostat.Server.Api;

/// <summary>The platform about itself.</summary>
internal static class PlatformEndpoints
{
    public static void Map(IEndpointRouteBuilder app, ApiParts parts)
    {
        app.MapGet("/v1/version", () => Results.Json(Version(parts), WireJson.Compact.VersionInfo))
            .WithName("version").WithSummary("Version, driver, what this host cannot do.").Produces<VersionInfo>();
        app.MapGet("/v1/doctor", async (CancellationToken cancel) => Results.Json(await PlatformDoctor.ExamineAsync(parts, cancel), WireJson.Compact.DoctorReport))
            .WithName("doctor").WithSummary("What works here, what does not, and the remedy of each.").Produces<DoctorReport>();
    }

    private static VersionInfo Version(ApiParts parts) => new(
        BuildVersion.Text, RuntimeInformation.FrameworkDescription, parts.Driver.Capabilities.Name, parts.Driver.Capabilities.Reductions,
        parts.StartedAt, parts.Options.Data, [.. parts.Gateway.Endpoints.Select(e => $"http://{e}")], Capacity(parts.Board.Capacity));

    private static CapacityInfo Capacity(HostCapacity capacity)
    {
        var ((cpu, memory), bounds) = (capacity.Held, capacity.Bounds);
        return new CapacityInfo(
            bounds.CpuCores, bounds.MemoryBytes, cpu, memory, [.. bounds.Quotas.Select(q => new QuotaInfo(q.Tenant.Value, q.CpuCores, q.MemoryBytes, q.Instances))]);
    }
}
