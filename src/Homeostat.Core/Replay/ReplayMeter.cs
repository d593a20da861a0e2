namespace Homeostat.Core.Replay;

/// <summary>What a replay counts. Times are ticks (100 ns).</summary>
internal sealed class ReplayMeter
{
    private readonly SortedDictionary<string, long> _actions = new(StringComparer.Ordinal);

    public WaitHistogram Waits { get; } = new();

    public long Requests { get; set; }

    public long Served { get; set; }

    public long Refused { get; set; }

    public long Wakes { get; set; }

    /// <summary>Instances times the ticks they were starting or running.</summary>
    public long AwakeTicks { get; set; }

    /// <summary>GB of all instances and spares, times ticks.</summary>
    public double GbTicks { get; set; }

    /// <summary>Requests being served, times ticks.</summary>
    public double BusyTicks { get; set; }

    public int InstancesMost { get; set; }

    public IReadOnlyDictionary<string, long> Actions => _actions;

    public void Count(string action) => _actions[action] = _actions.GetValueOrDefault(action) + 1;
}
