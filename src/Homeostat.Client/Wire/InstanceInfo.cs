namespace Homeostat.Client.Wire;

/// <summary>An instance: a row of <c>homeostat ps</c>. Fields are only ever added.</summary>
/// <param name="Revision">Number of its revision.</param>
/// <param name="Pid">Process id on the host; null where no process lives.</param>
/// <param name="Address">Address and port as seen from the host; null where nothing listens.</param>
/// <param name="InFlight">Requests, streams and WebSockets in it now.</param>
/// <param name="CpuSeconds">CPU time used since its start.</param>
/// <param name="MemoryBytes">Resident memory now.</param>
/// <param name="ImageBytes">Size of its sleep image; 0 without.</param>
/// <param name="Doing">What is being done to it (<c>waking</c>, <c>sleeping</c> ...), or how it ended; null: nothing.</param>
/// <param name="CpuLimit">Cores it may use now; null: no limit, or not known.</param>
/// <param name="MemoryLimitBytes">Memory it may use now; null: not known, or no process lives.</param>
public sealed record InstanceInfo(
    string Id,
    string Service,
    int Revision,
    string Tier,
    int? Pid,
    string? Address,
    DateTimeOffset StartedAt,
    int InFlight,
    double CpuSeconds,
    long MemoryBytes,
    long ImageBytes,
    string? Doing,
    double? CpuLimit = null,
    long? MemoryLimitBytes = null);
