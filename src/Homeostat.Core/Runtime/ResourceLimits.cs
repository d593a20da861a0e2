using System.Runtime.InteropServices;
using Homeostat.Core.Services;

namespace Homeostat.Core.Runtime;

/// <summary>What an instance may use at most; changed in place while it runs.</summary>
/// <param name="Cpu">Cores, 0.01..; null: no limit.</param>
/// <param name="MemoryBytes">Memory, page cache of its files included.</param>
public sealed record ResourceLimits(double? Cpu, long MemoryBytes)
{
    /// <summary>What a calm instance has.</summary>
    public static ResourceLimits BaseOf(ResourceSpec declared) => new(declared.CpuBase, declared.MemoryBaseBytes);

    /// <summary>What an instance can be raised to.</summary>
    public static ResourceLimits MostOf(ResourceSpec declared) =>
        new(declared.CpuBurst ?? declared.CpuBase, declared.MemoryMaxBytes ?? declared.MemoryBaseBytes);

    /// <summary>For people: <c>0.5 cores, 256Mi</c>.</summary>
    public override string ToString() =>
        $"{(Cpu is { } cores ? Quantities.FormatCpu(cores) + (cores == 1 ? " core" : " cores") : "CPU without limit")}, {Quantities.FormatSize(MemoryBytes)}";
}

/// <summary>What an instance has used so far, and how often it hit its limits. Counters of its container: they begin anew when it gets another one.</summary>
/// <param name="Cpu">CPU time used.</param>
/// <param name="Throttled">Time that its threads stood at the CPU limit, summed over the host's cores.</param>
/// <param name="Periods">Periods of the scheduler (100 ms each) in which it ran under a CPU limit.</param>
/// <param name="ThrottledPeriods">Those in which it used its share up. The kernel counts a period when it ends.</param>
/// <param name="MemoryBytes">
/// Memory in use. From three quarters of its limit on (the smallest it has had) what the kernel gives back at once, inactive page cache, is left out; below it is included.
/// </param>
/// <param name="MemoryLimitHits">How often it came to its memory limit, so that something had to be taken back or refused.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ResourceUsage(TimeSpan Cpu, TimeSpan Throttled, long Periods, long ThrottledPeriods, long MemoryBytes, long MemoryLimitHits);
