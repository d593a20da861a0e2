namespace Homeostat.Client.Wire;

/// <summary>Answer to an apply: durable and routed.</summary>
/// <param name="Changed">False: the same spec was the current revision already.</param>
/// <param name="DryRun">Nothing was changed: it was only checked.</param>
public sealed record ApplyResult(string Service, string Tenant, int Revision, bool Changed, IReadOnlyList<string> Routes, bool DryRun = false);

/// <summary>Answer to wake, sleep, freeze: the tier the service is in now.</summary>
public sealed record ActionResult(string Service, string Tier, double Seconds);

/// <summary>Answer to checkpoint.</summary>
public sealed record CheckpointResult(string Service, int Revision, ImageInfo Images, double Seconds);

/// <summary>Body of a sleep.</summary>
/// <param name="To"><c>frozen</c>, <c>image</c> or <c>stopped</c>; default: the deepest the service can come back from, image.</param>
public sealed record SleepRequest(string? To);

/// <summary>Who answers.</summary>
/// <param name="Reductions">What this host cannot do, one line each with the reason.</param>
public sealed record VersionInfo(
    string Version,
    string Runtime,
    string Driver,
    IReadOnlyList<string> Reductions,
    DateTimeOffset StartedAt,
    string Data,
    IReadOnlyList<string> Gateway,
    CapacityInfo? Capacity = null);

/// <summary>What services share out among them.</summary>
/// <param name="CpuCores">Cores there are (<c>up --cpu-capacity</c>).</param>
/// <param name="MemoryBytes">Memory there is (<c>up --memory-capacity</c>).</param>
/// <param name="CpuHeld">Sum of the CPU limits of what runs, as far as it has one.</param>
/// <param name="MemoryHeld">Sum of the memory limits of what runs.</param>
/// <param name="Quotas">What tenants may hold (<c>up --tenant</c>).</param>
public sealed record CapacityInfo(double CpuCores, long MemoryBytes, double CpuHeld, long MemoryHeld, IReadOnlyList<QuotaInfo> Quotas);

/// <summary>What the services of a tenant may hold together; null: no bound of its own.</summary>
public sealed record QuotaInfo(string Tenant, double? CpuCores, long? MemoryBytes, int? Instances);
