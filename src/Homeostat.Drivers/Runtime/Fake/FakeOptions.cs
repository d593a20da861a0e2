using Homeostat.Drivers.Runtime.Contract;

namespace Homeostat.Drivers.Runtime.Fake;

/// <summary>What the fake host is like.</summary>
public sealed record FakeOptions
{
    /// <value>How long each way takes. Default: the medians of the OCI driver with a Node.js program, rounded.</value>
    public FakeLatencies Latencies { get; init; } = new();

    /// <value>Addresses there are; each instance in a cell (starting, running, frozen, paged out) holds one. Default 250.</value>
    public int AddressesMax { get; init; } = 250;

    /// <value>Prepared cells shown for each revision. Default 2.</value>
    public int PoolCells { get; init; } = 2;

    /// <value>What the fake host can do. Default: everything.</value>
    public DriverCapabilities Capabilities { get; init; } = new("fake", Freeze: true, PageOut: true, Checkpoint: true, Clones: true, []);

    /// <value>No latency at all: for tests that look at outcomes only.</value>
    public static FakeOptions Instant { get; } = new() { Latencies = FakeLatencies.None };
}

/// <summary>Time from the call to its effect, for each thing a driver does.</summary>
public sealed record FakeLatencies
{
    public TimeSpan Cold { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan CloneStart { get; init; } = TimeSpan.FromMilliseconds(9);

    public TimeSpan Spare { get; init; } = TimeSpan.FromMilliseconds(2);

    public TimeSpan Thaw { get; init; } = TimeSpan.FromMilliseconds(0.2);

    public TimeSpan PageIn { get; init; } = TimeSpan.FromMilliseconds(5);

    public TimeSpan Restore { get; init; } = TimeSpan.FromMilliseconds(8);

    public TimeSpan Freeze { get; init; } = TimeSpan.FromMilliseconds(1);

    public TimeSpan PageOut { get; init; } = TimeSpan.FromMilliseconds(5);

    public TimeSpan Dump { get; init; } = TimeSpan.FromMilliseconds(15);

    public TimeSpan Template { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan Stop { get; init; } = TimeSpan.FromMilliseconds(5);

    public static FakeLatencies None { get; } = new()
    {
        Cold = TimeSpan.Zero,
        CloneStart = TimeSpan.Zero,
        Spare = TimeSpan.Zero,
        Thaw = TimeSpan.Zero,
        PageIn = TimeSpan.Zero,
        Restore = TimeSpan.Zero,
        Freeze = TimeSpan.Zero,
        PageOut = TimeSpan.Zero,
        Dump = TimeSpan.Zero,
        Template = TimeSpan.Zero,
        Stop = TimeSpan.Zero,
    };

    internal TimeSpan Of(FakeStep step) => step switch
    {
        FakeStep.Cold => Cold,
        FakeStep.Clone => CloneStart,
        FakeStep.Spare => Spare,
        FakeStep.Thaw => Thaw,
        FakeStep.PageIn => PageIn,
        FakeStep.Restore => Restore,
        FakeStep.Freeze => Freeze,
        FakeStep.PageOut => PageOut,
        FakeStep.Dump => Dump,
        FakeStep.Template => Template,
        FakeStep.Stop => Stop,
        _ => TimeSpan.Zero,
    };
}

/// <summary>The things the fake does that take time and can fail.</summary>
public enum FakeStep
{
    Prepare,
    Template,
    Cold,
    Clone,
    Spare,
    Thaw,
    PageIn,
    Restore,
    Freeze,
    PageOut,
    Dump,
    Stop,
    Resize,
}
