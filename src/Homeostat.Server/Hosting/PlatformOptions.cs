using System.Net;
using Homeostat.Client;
using Homeostat.Core.Regulation.Capacity;

namespace Homeostat.Server.Hosting;

/// <summary>Settings of a platform, checked. Made by <see cref="PlatformOptionsParser"/> from what people write.</summary>
public sealed record PlatformOptions
{
    public static readonly IPEndPoint DefaultListen = new(IPAddress.Loopback, 8080);
    public static readonly IPEndPoint DefaultAdmin = new(IPAddress.Loopback, 8081);

    /// <value>Absolute data directory. Default: /var/lib/homeostat for root, else ~/.local/share/homeostat.</value>
    public string Data { get; init; } = ServerAddress.DefaultData();

    /// <value>Where the gateway listens. Port 0 takes a free one. Default 127.0.0.1:8080.</value>
    public IReadOnlyList<IPEndPoint> Listen { get; init; } = [DefaultListen];

    /// <value>Where the management API listens besides its unix socket: a loopback address, or null for the socket alone. Default 127.0.0.1:8081.</value>
    public IPEndPoint? Admin { get; init; } = DefaultAdmin;

    /// <value>Default oci.</value>
    public DriverKind Driver { get; init; } = DriverKind.Oci;

    /// <value>IPv4 range of the instances, e.g. 10.88.16.0/20; null: a free one is chosen and kept.</value>
    public string? Addresses { get; init; }

    /// <value>Cells kept ready for each revision, 0..64. Default 1.</value>
    public int PoolCells { get; init; } = 1;

    /// <value>Cells kept for sleeping instances, 0..4096; about 2 MB each. Default 128.</value>
    public int SleepingCells { get; init; } = 128;

    /// <value>Bytes of process images kept in memory. Default 512 MiB.</value>
    public long ImageMemoryBytes { get; init; } = 512L << 20;

    /// <value>Cores that services share, 0.01..1024; null: those of the host.</value>
    public double? CpuCapacity { get; init; }

    /// <value>Bytes of memory that services share, 16 MiB or more; null: nine tenths of the host's.</value>
    public long? MemoryCapacityBytes { get; init; }

    /// <value>What tenants may hold, at most one for each. Default none.</value>
    public IReadOnlyList<TenantQuota> Quotas { get; init; } = [];

    /// <value>How long a clean stop may take, 1 s..1 h. Default 30 s.</value>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <value>How long wake, sleep and checkpoint of the API may take where the caller names no time. Default 60 s.</value>
    public TimeSpan ActionTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <value>Whether the log on stderr has details. Default false.</value>
    public bool Verbose { get; init; }
}

public enum DriverKind
{
    /// <summary>Real containers.</summary>
    Oci,

    /// <summary>Instances are imitated inside the platform's process: for trying and for tests.</summary>
    Fake,
}

/// <summary>What was written on the command line, unchecked; null where nothing was.</summary>
public sealed record PlatformArguments(
    string? Data = null,
    IReadOnlyList<string>? Listen = null,
    string? Admin = null,
    string? Driver = null,
    string? Addresses = null,
    int? PoolCells = null,
    string? ImageMemory = null,
    string? StopTimeout = null,
    bool Verbose = false,
    int? SleepingCells = null,
    string? CpuCapacity = null,
    string? MemoryCapacity = null,
    IReadOnlyList<string>? Tenants = null);
