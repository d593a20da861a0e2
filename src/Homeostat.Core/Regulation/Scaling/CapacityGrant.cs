namespace Homeostat.Core.Regulation.Scaling;

/// <summary>What a service may hold of the host now, all its instances together.</summary>
/// <param name="CpuCores">Sum of CPU limits of instances that have one.</param>
/// <param name="MemoryBytes">Sum of memory limits.</param>
/// <param name="Instances">Instances that run.</param>
/// <param name="By">What bounds the cores, for people: <c>the host's 2 cores, shared by 3 tenants</c>.</param>
public sealed record CapacityGrant(double CpuCores, long MemoryBytes, int Instances, string By)
{
    /// <summary>What bounds the memory.</summary>
    public string MemoryBy { get; init; } = By;

    /// <summary>What bounds the instances.</summary>
    public string InstancesBy { get; init; } = By;

    /// <summary>Instances that the tenant's quota allows: a hard bound. What else bounds them (memory of the host) leaves everybody one.</summary>
    public int QuotaInstances { get; init; } = int.MaxValue;

    /// <summary>What the quota is, for people: <c>tenant acme's quota of 3 instances</c>.</summary>
    public string QuotaBy { get; init; } = By;

    public static CapacityGrant Unbounded { get; } = new(double.PositiveInfinity, long.MaxValue, int.MaxValue, "nothing");
}

/// <summary>What a service would hold if nothing bounded it, as of its last step.</summary>
/// <param name="CpuHeld">Sum of the CPU limits given out, cores.</param>
/// <param name="CpuWanted">At least what the instances are declared with.</param>
public sealed record CapacityAsk(double CpuHeld, double CpuWanted, long MemoryHeld, long MemoryWanted, int Instances)
{
    public static CapacityAsk None { get; } = new(0, 0, 0, 0, 0);
}
