namespace Homeostat.Drivers.Runtime.Oci;

/// <summary>Settings of the OCI driver.</summary>
public sealed record OciDriverOptions
{
    /// <summary>The platform's data directory; one platform at a time (its lock is the server's business).</summary>
    public required string DataDirectory { get; init; }

    /// <value>IPv4 range of the instances, e.g. <c>10.88.16.0/20</c>, /8 to /29. Default: a free /20 between 10.88.0.0 and 10.93.255.255, kept in the data directory.</value>
    public string? Addresses { get; init; }

    /// <value>Cells kept ready for each revision, 0 to 64. Default 1.</value>
    public int PoolCells { get; init; } = 1;

    /// <value>
    /// Cells kept for sleeping instances, 0 to 4096; each takes about 2 MB and saves its instance's wake some 20 ms. Beyond it the instance that has slept longest gives
    /// its cell up and wakes in one set up anew. Default 128.
    /// </value>
    public int SleepingCells { get; init; } = 128;

    /// <value>Directory of init, keeper and criu. Default: HOMEOSTAT_LIBEXEC, else the nearest folder <c>libexec</c> at or above the program's own.</value>
    public string? Libexec { get; init; }

    /// <value>Bytes of images kept in memory (tmpfs); what exceeds it goes to the data directory's disk. Default 512 MiB.</value>
    public long ImageMemoryBytes { get; init; } = 512L << 20;
}
