using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation.Capacity;

/// <summary>What there is to share out.</summary>
/// <param name="CpuCores">Cores of the host for all services, 0.01 or more.</param>
/// <param name="MemoryBytes">Memory for all services.</param>
/// <param name="Quotas">At most one for each tenant; a tenant without one shares the host like the others.</param>
public sealed record CapacityBounds(double CpuCores, long MemoryBytes, IReadOnlyList<TenantQuota> Quotas);

/// <summary>What a tenant's services may hold together; null: no bound but the host's.</summary>
/// <param name="CpuCores">Sum of CPU limits.</param>
/// <param name="MemoryBytes">Sum of memory limits.</param>
/// <param name="Instances">Instances that run, frozen and sleeping ones not counted.</param>
public sealed record TenantQuota(TenantName Tenant, double? CpuCores, long? MemoryBytes, int? Instances);
