using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation.Capacity;

/// <summary>
/// Who holds how much of the host. The declared base of what runs is everybody's own; what is left of the host, and of a tenant's quota, is shared out to those who
/// want more (bursts), max-min fair among tenants, then among the services of each (<see cref="FairShare"/>). Not safe for concurrent use.
/// </summary>
/// <remarks>
/// <para>A service asks after each of its steps, with what it holds and what it would hold. A share that shrinks is not given to anybody else before its service
/// says that it holds less: the answer names the services to step for that, and those that can have more. So the limits given out never add up to more than the host
/// has, or than the bases of what runs where these are more.</para>
/// <para>What nobody wants is offered to whoever comes: an instance is raised in the step that finds it at its limit, without asking before.</para>
/// </remarks>
public sealed class CapacityLedger(CapacityBounds bounds)
{
    private readonly SortedDictionary<ServiceName, LedgerEntry> _entries = [];
    private readonly LedgerResource _cpu = new(Milli(bounds.CpuCores), bounds.Quotas, quota => quota.CpuCores is { } cores ? Milli(cores) : null);
    private readonly LedgerResource _memory = new(bounds.MemoryBytes, bounds.Quotas, quota => quota.MemoryBytes);
    private readonly Dictionary<TenantName, int> _instanceQuotas = bounds.Quotas.Where(q => q.Instances is not null).ToDictionary(q => q.Tenant, q => q.Instances!.Value);
    private readonly Dictionary<TenantName, (string Cpu, string Memory, string Instances)> _quotaTexts = bounds.Quotas.ToDictionary(q => q.Tenant, TextsOf);

    /// <summary>What bounds those without a quota, for people; made anew when others come or go, as every grant has it.</summary>
    private ((int Tenants, int Services) Sharers, string Cpu, string Memory) _texts = ((-1, -1), "", "");

    public CapacityBounds Bounds => bounds;

    /// <summary>Cores and bytes given out, bases included.</summary>
    public (double CpuCores, long MemoryBytes) Held => (_cpu.Reserved / 1000.0, _memory.Reserved);

    /// <summary>Tenants of which something runs.</summary>
    public int Tenants => _cpu.Tenants;

    /// <summary>
    /// Notes what a service holds and wants. The answer names others that must be stepped: those whose share shrank below what they hold, which give it back,
    /// then those that can have more than before. It may name the service itself, when others took what it was offered.
    /// </summary>
    public IReadOnlyList<ServiceName> Ask(ServiceSpec service, CapacityAsk ask)
    {
        if (!_entries.TryGetValue(service.Service, out var entry))
        {
            if (ask.Instances == 0)
            {
                return [];
            }

            _entries.Add(service.Service, entry = new LedgerEntry(service));
        }

        var changed = new SortedSet<(int Order, ServiceName Service)>();
        var resources = service.Resources;
        if (entry.Tenant != service.Tenant)
        {
            Drop(entry, changed);
            entry.Tenant = service.Tenant;
        }

        entry.Instances = ask.Instances;
        _cpu.Ask(entry.Cpu, entry.Tenant, Times(Milli(resources.CpuBase ?? 0), ask.Instances), Milli(ask.CpuHeld), Milli(ask.CpuWanted), changed);
        _memory.Ask(entry.Memory, entry.Tenant, Times(resources.MemoryBaseBytes, ask.Instances), ask.MemoryHeld, ask.MemoryWanted, changed);
        if (ask.Instances == 0)
        {
            Drop(entry, changed);
            _entries.Remove(service.Service);
        }

        return [.. changed.Select(c => c.Service).Distinct()];
    }

    private void Drop(LedgerEntry entry, SortedSet<(int Order, ServiceName Service)> changed)
    {
        _cpu.Ask(entry.Cpu, entry.Tenant, 0, 0, 0, changed);
        _memory.Ask(entry.Memory, entry.Tenant, 0, 0, 0, changed);
        _cpu.Leave(entry.Cpu, entry.Tenant);
        _memory.Leave(entry.Memory, entry.Tenant);
    }

    /// <summary>The service is gone, with all it held.</summary>
    public IReadOnlyList<ServiceName> Leave(ServiceSpec service) => Ask(service, CapacityAsk.None);

    /// <summary>What a service may hold now: its share and what nobody wants. Never less than the base of what it runs.</summary>
    public CapacityGrant Grant(ServiceSpec service)
    {
        var entry = _entries.GetValueOrDefault(service.Service);
        var (cpu, cpuBy) = _cpu.Offer(entry?.Cpu, service.Tenant);
        var (memory, memoryBy) = _memory.Offer(entry?.Memory, service.Tenant);
        var (instances, instancesBy) = Instances(service, entry);
        var sharers = (_cpu.Tenants, _entries.Count);
        if (sharers != _texts.Sharers)
        {
            var with = Tenants > 1 ? $", shared by {Tenants} tenants" : _entries.Count > 1 ? $", shared by {_entries.Count} services" : "";
            _texts = (sharers, $"the host's {CoresText(bounds.CpuCores)}{with}", $"the host's {MemoryText(bounds.MemoryBytes)}{with}");
        }

        return new CapacityGrant(cpu / 1000.0, memory, instances, cpuBy == LedgerBound.Host ? _texts.Cpu : QuotaOf(service.Tenant).Cpu)
        {
            MemoryBy = memoryBy == LedgerBound.Host ? _texts.Memory : QuotaOf(service.Tenant).Memory,
            InstancesBy = instancesBy,
            QuotaInstances = instances,
            QuotaBy = instancesBy,
        };
    }

    /// <summary>How many of a service's instances may run: those that do, and as many more as fit into its tenant's quota, at their base.</summary>
    private (int Count, string By) Instances(ServiceSpec service, LedgerEntry? entry)
    {
        var (running, resources) = (entry?.Instances ?? 0, service.Resources);
        var (most, by) = (int.MaxValue, "nothing");
        if (_instanceQuotas.TryGetValue(service.Tenant, out var quota))
        {
            var others = _entries.Values.Where(e => e.Tenant == service.Tenant).Sum(e => e.Instances) - running;
            (most, by) = (Math.Max(running, quota - others), QuotaOf(service.Tenant).Instances);
        }

        if (_cpu.RoomOfTenant(service.Tenant, entry?.Cpu) is { } cores && resources.CpuBase is { } least && Fit(running, cores, Milli(least)) is var byCpu && byCpu < most)
        {
            (most, by) = (byCpu, QuotaOf(service.Tenant).Cpu);
        }

        return _memory.RoomOfTenant(service.Tenant, entry?.Memory) is { } bytes && Fit(running, bytes, resources.MemoryBaseBytes) is var byMemory && byMemory < most
            ? (byMemory, QuotaOf(service.Tenant).Memory)
            : (most, by);
    }

    private static int Fit(int running, long room, long each) => Math.Max(running, (int)Math.Min(int.MaxValue, room / Math.Max(1, each)));

    private (string Cpu, string Memory, string Instances) QuotaOf(TenantName tenant) => _quotaTexts[tenant];

    private static (string Cpu, string Memory, string Instances) TextsOf(TenantQuota quota) => (
        $"tenant {quota.Tenant}'s quota of {CoresText(quota.CpuCores ?? 0)}",
        $"tenant {quota.Tenant}'s quota of {MemoryText(quota.MemoryBytes ?? 0)}",
        $"tenant {quota.Tenant}'s quota of {quota.Instances} {(quota.Instances == 1 ? "instance" : "instances")}");

    private static string CoresText(double cores) => $"{cores:0.##} {(cores == 1 ? "core" : "cores")}";

    private static string MemoryText(long bytes) => $"{Quantities.FormatSize(bytes)} of memory";

    /// <summary>Thousandths of a core: whole numbers add up exactly.</summary>
    private static long Milli(double cores) => double.IsFinite(cores) ? (long)Math.Round(cores * 1000) : long.MaxValue / 4;

    private static long Times(long each, int count) => count == 0 ? 0 : each > long.MaxValue / 4 / count ? long.MaxValue / 4 : each * count;
}
