using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation.Capacity;

/// <summary>A service of which something runs, in the ledger.</summary>
internal sealed class LedgerEntry(ServiceSpec spec)
{
    public ServiceName Service { get; } = spec.Service;

    public TenantName Tenant { get; set; } = spec.Tenant;

    public int Instances { get; set; }

    public LedgerShare Cpu { get; } = new(spec.Service);

    public LedgerShare Memory { get; } = new(spec.Service);
}

/// <summary>A service's part of one resource, in whole units.</summary>
internal sealed class LedgerShare(ServiceName service)
{
    public ServiceName Service => service;

    /// <summary>Base of what runs.</summary>
    public long Least { get; set; }

    public long Held { get; set; }

    /// <summary>At least <see cref="Least"/>.</summary>
    public long Wanted { get; set; }

    /// <summary>What it may hold, between <see cref="Least"/> and <see cref="Wanted"/>.</summary>
    public long Granted { get; set; }

    /// <summary>What would be its due if nobody held more; as of the last division.</summary>
    public long Fair { get; set; }

    /// <summary>What nobody else can have: it holds it, or may take it at any time.</summary>
    public long Reserved => Math.Max(Held, Granted);
}
