using System.Collections.Concurrent;
using Homeostat.Core.Runtime;
using Homeostat.Server.Activation;

namespace Homeostat.Server.Regulation;

/// <summary>What happened since the platform started, for metrics. Safe for concurrent use.</summary>
internal sealed class BoardCounters
{
    private readonly ConcurrentDictionary<(WakeWay Way, string Outcome), WakeHistogram> _wakes = new();
    private readonly ConcurrentDictionary<string, StrongCount> _decisions = new();

    private readonly ConcurrentDictionary<(string Direction, string Outcome), StrongCount> _resizes = new();
    private long _turns;
    private long _turnTicks;

    public GateCounters Gate { get; } = new();

    /// <summary>Turns of the controllers: each observes a service, decides, executes and publishes.</summary>
    public long Turns => Volatile.Read(ref _turns);

    /// <summary>Time spent in turns.</summary>
    public TimeSpan InTurns => TimeSpan.FromTicks(Volatile.Read(ref _turnTicks));

    /// <summary>Wakes and starts by way and outcome (<c>ready</c> or the failure's kind), ordered.</summary>
    public IReadOnlyList<KeyValuePair<(WakeWay Way, string Outcome), WakeHistogram>> Wakes => [.. _wakes.OrderBy(w => w.Key)];

    /// <summary>Decisions by action, ordered.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Decisions => [.. _decisions.OrderBy(d => d.Key).Select(d => KeyValuePair.Create(d.Key, d.Value.Value))];

    public void Wake(WakeWay way, string outcome, TimeSpan took) => _wakes.GetOrAdd((way, outcome), _ => new WakeHistogram()).Add(took);

    public void Decide(string action) => _decisions.GetOrAdd(action, _ => new StrongCount()).Increment();

    /// <summary>Changes of limits in place, by direction (<c>up</c>, <c>down</c>) and outcome (<c>done</c>, <c>failed</c>), ordered.</summary>
    public IReadOnlyList<KeyValuePair<(string Direction, string Outcome), long>> Resizes =>
        [.. _resizes.OrderBy(r => r.Key).Select(r => KeyValuePair.Create(r.Key, r.Value.Value))];

    public void Resize(ResourceLimits? from, ResourceLimits to, bool done)
    {
        var isUp = from is null || to.Cpu is null || to.Cpu > from.Cpu || to.MemoryBytes > from.MemoryBytes;
        _resizes.GetOrAdd((isUp ? "up" : "down", done ? "done" : "failed"), _ => new StrongCount()).Increment();
    }

    public void Turn(TimeSpan took)
    {
        Interlocked.Increment(ref _turns);
        Interlocked.Add(ref _turnTicks, took.Ticks);
    }

    private sealed class StrongCount
    {
        private long _value;

        public long Value => Volatile.Read(ref _value);

        public void Increment() => Interlocked.Increment(ref _value);
    }
}

/// <summary>Durations in buckets. Safe for concurrent use.</summary>
internal sealed class WakeHistogram
{
    /// <summary>Upper bounds in seconds; one more bucket is above the last.</summary>
    public static readonly IReadOnlyList<double> Bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly long[] _buckets = new long[Bounds.Count + 1];
    private long _ticks;

    /// <summary>Counts per bucket, not cumulative.</summary>
    public IReadOnlyList<long> Buckets => [.. _buckets.Select((_, i) => Volatile.Read(ref _buckets[i]))];

    public double SumSeconds => TimeSpan.FromTicks(Volatile.Read(ref _ticks)).TotalSeconds;

    public void Add(TimeSpan took)
    {
        var bucket = 0;
        while (bucket < Bounds.Count && took.TotalSeconds > Bounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref _buckets[bucket]);
        Interlocked.Add(ref _ticks, took.Ticks);
    }
}
