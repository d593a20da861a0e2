namespace Homeostat.Core.Replay;

/// <summary>What changes of tier cost in a replay: the time until the instance answers (wakes and starts), or until it is there (the others).</summary>
/// <remarks>
/// The figures of <see cref="BuiltIn"/> are medians of the Node.js sample in docs/benchmarks.md (two cores): the whole time from connect to last byte less that of
/// a running instance. Starts that happen at one time share the processors: see <see cref="ReplaySetup.Cores"/>.
/// </remarks>
public sealed record WakeCosts
{
    public static WakeCosts BuiltIn { get; } = new();

    /// <summary>Where the figures come from, for people.</summary>
    public string Source { get; init; } = "built-in figures (Node.js sample, docs/benchmarks.md)";

    /// <value>Default 0.8 ms.</value>
    public TimeSpan Thaw { get; init; } = Milliseconds(0.8);

    /// <value>Default 5.7 ms.</value>
    public TimeSpan PageIn { get; init; } = Milliseconds(5.7);

    /// <summary>From its sleep image.</summary>
    /// <value>Default 6.4 ms.</value>
    public TimeSpan Restore { get; init; } = Milliseconds(6.4);

    /// <summary>A new instance from the template image.</summary>
    /// <value>Default 15.1 ms.</value>
    public TimeSpan Template { get; init; } = Milliseconds(15.1);

    /// <summary>A parked spare.</summary>
    /// <value>Default 5.5 ms.</value>
    public TimeSpan Spare { get; init; } = Milliseconds(5.5);

    /// <summary>The program executed, until it listens.</summary>
    /// <value>Default 100 ms.</value>
    public TimeSpan Cold { get; init; } = Milliseconds(100);

    /// <value>Default 0.3 ms.</value>
    public TimeSpan Freeze { get; init; } = Milliseconds(0.3);

    /// <value>Default 20 ms.</value>
    public TimeSpan PageOut { get; init; } = Milliseconds(20);

    /// <summary>To a sleep image.</summary>
    /// <value>Default 16 ms.</value>
    public TimeSpan Dump { get; init; } = Milliseconds(16);

    /// <value>Default 5 ms.</value>
    public TimeSpan Stop { get; init; } = Milliseconds(5);

    /// <summary>What the peers' engine takes to start a container: <c>docker start</c> to first byte, when peers are given their own costs.</summary>
    /// <value>Default 333 ms.</value>
    public TimeSpan DockerStart { get; init; } = Milliseconds(333);

    /// <summary>Memory of an instance that runs or is frozen, in GB (1e9 bytes).</summary>
    /// <value>Default 0.064.</value>
    public double RunningGb { get; init; } = 0.064;

    /// <summary>Memory of an instance that is paged out to compressed memory, in GB.</summary>
    /// <value>Default a third of what it has while it runs.</value>
    public double PagedOutGb { get; init; } = 0.021;

    /// <summary>Memory of an instance whose sleep image lies on disk, in GB: the cell that waits for it.</summary>
    /// <value>Default 0.001.</value>
    public double ImageGb { get; init; } = 0.001;

    /// <summary>The quickest way from not awake to awake.</summary>
    public TimeSpan Least => new(new[] { Thaw, PageIn, Restore, Template, Spare, Cold }.Min(cost => cost.Ticks));

    private static TimeSpan Milliseconds(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
