namespace Homeostat.Core.Services;

/// <summary>
/// What a user declares about a service, validated and in base units (bytes, cores, <see cref="TimeSpan"/>). Immutable.
/// Made from a service file by the parser; paths of the host are absolute.
/// </summary>
public sealed record ServiceSpec
{
    public required ServiceName Service { get; init; }

    public TenantName Tenant { get; init; } = TenantName.Default;

    public required RootSource Root { get; init; }

    /// <summary>Program and arguments; at least one element.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <value>Working directory inside the container, absolute. Default <c>/</c>.</value>
    public string Workdir { get; init; } = "/";

    /// <summary>Environment as declared; PORT and HOSTNAME are added by the driver. Ordered by name.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Env { get; init; } = [];

    public IReadOnlyList<MountSpec> Mounts { get; init; } = [];

    /// <summary>Port the program listens on, 1..65535; also given to it as PORT.</summary>
    public required int Port { get; init; }

    /// <summary>At least one; <c>&lt;service&gt;.localhost</c> where the file names none.</summary>
    public required IReadOnlyList<RouteSpec> Routes { get; init; }

    public HealthSpec Health { get; init; } = new();

    public ScaleSpec Scale { get; init; } = new();

    public ResourceSpec Resources { get; init; } = new();

    public IdleSpec Idle { get; init; } = new();

    public CheckpointSpec Checkpoint { get; init; } = new();

    public PredictSpec Predict { get; init; } = new();
}

/// <summary>Where a container's root file system comes from.</summary>
public abstract record RootSource
{
    private RootSource()
    {
    }

    /// <summary>The host's /usr, /lib*, /bin, /sbin and /etc, read-only (<c>host: true</c>).</summary>
    public sealed record Host : RootSource;

    /// <summary>A directory of the host, never written to (<c>rootfs: ./dir</c>).</summary>
    public sealed record Directory(string Path) : RootSource;
}

/// <summary>A directory or file of the host inside the container.</summary>
/// <param name="Source">Absolute path on the host; must exist.</param>
/// <param name="Target">Absolute path in the container, without <c>..</c>.</param>
/// <param name="ReadOnly">Default true: writing to the host is asked for, not given.</param>
public sealed record MountSpec(string Source, string Target, bool ReadOnly = true);

/// <summary>Requests with this host and path prefix belong to the service.</summary>
/// <param name="Host">Lower-case host without port, or <c>*.domain</c> for any one or more labels before the domain.</param>
/// <param name="PathPrefix">Begins with <c>/</c>; matches whole segments. Default <c>/</c>.</param>
public sealed record RouteSpec(string Host, string PathPrefix = "/");

/// <summary>When an instance is ready.</summary>
/// <param name="Path">Path answered with 2xx or 3xx once ready; null: ready when the port listens.</param>
/// <param name="Timeout">Longest time from start to ready. Default 30 s.</param>
public sealed record HealthSpec(string? Path = null, TimeSpan? Timeout = null)
{
    public TimeSpan StartTimeout => Timeout ?? TimeSpan.FromSeconds(30);
}

/// <param name="Min">Instances kept running. Default 0.</param>
/// <param name="Max">Instances at most, 1..1000. Default 10.</param>
/// <param name="ConcurrencyTarget">Requests per instance aimed at. Default 8.</param>
/// <param name="ConcurrencyLimit">Requests per instance never exceeded, 1..10000. Default 16.</param>
public sealed record ScaleSpec(int Min = 0, int Max = 10, int ConcurrencyTarget = 8, int ConcurrencyLimit = 16);

/// <param name="CpuBase">Cores per instance, 0.01..; null: no limit.</param>
/// <param name="MemoryBaseBytes">Memory per instance. Default 256 MiB.</param>
/// <param name="CpuBurst">Cores a busy instance is raised to, at least <paramref name="CpuBase"/>; null: never raised.</param>
/// <param name="MemoryMaxBytes">Memory an instance is raised to, at least <paramref name="MemoryBaseBytes"/>; null: never raised.</param>
public sealed record ResourceSpec(double? CpuBase = null, long MemoryBaseBytes = 256L << 20, double? CpuBurst = null, long? MemoryMaxBytes = null);

/// <summary>How long an instance without work stays in a tier, counted from the end of its last work.</summary>
/// <param name="Freeze">Default 10 s.</param>
/// <param name="Image">Default 5 min.</param>
/// <param name="Stop">Default 30 min.</param>
public sealed record IdleSpec(TimeSpan Freeze, TimeSpan Image, TimeSpan Stop)
{
    public IdleSpec() : this(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30))
    {
    }
}

public enum CheckpointMode
{
    /// <summary>Process images are made where they can be; the reason is shown where not.</summary>
    Auto,

    /// <summary>No process images: frozen, paged out, cold start.</summary>
    Off,
}

public enum ClonePolicy
{
    /// <summary>Clone only programs known not to repeat random numbers, and after a trial.</summary>
    Auto,

    /// <summary>The owner declares clones safe.</summary>
    Yes,

    No,
}

/// <param name="Mode">Default auto.</param>
/// <param name="Clones">Default auto.</param>
/// <param name="Warmup">Paths requested (GET) of a pristine instance before its template is taken.</param>
/// <param name="Spares">Clones kept parked before their first instruction, 0..8. Default 0.</param>
/// <param name="BeforeCheckpoint">Path that gets a POST before a dump; null: none.</param>
/// <param name="AfterRestore">Path that gets a POST with a fresh seed after a restore, before traffic; null: none.</param>
public sealed record CheckpointSpec(
    CheckpointMode Mode,
    ClonePolicy Clones,
    IReadOnlyList<string> Warmup,
    int Spares = 0,
    string? BeforeCheckpoint = null,
    string? AfterRestore = null)
{
    public CheckpointSpec() : this(CheckpointMode.Auto, ClonePolicy.Auto, [])
    {
    }
}

/// <summary>A numbered, immutable spec.</summary>
/// <param name="Digest">Hex SHA-256 of the canonical form of the spec: equal specs make no new revision.</param>
public sealed record Revision(RevisionId Id, ServiceSpec Spec, string Digest, DateTimeOffset CreatedAt);
