namespace Homeostat.Core.Regulation.Scaling;

/// <summary>What an instance used of its limits, as of its last samples.</summary>
/// <param name="CpuCores">Processor time per time, over the last samples.</param>
/// <param name="Throttled">Share of its scheduling periods in which it ran into its CPU limit, 0..1, since the sample before.</param>
/// <param name="MemoryBytes">Memory charged to it.</param>
/// <param name="MemoryTight">It is near its memory limit or has hit it since the sample before.</param>
public readonly record struct InstanceUsage(double CpuCores, double Throttled, long MemoryBytes, bool MemoryTight);
