using Homeostat.Core.Regulation.Tiers;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation.Scaling;

/// <summary>
/// Keeps what is measured of one service: service time, start times, peak of concurrency, pauses. Fed by whoever runs the regulator (the server's controller, the
/// replay) and asked for a <see cref="ServiceLoad"/> before each step. Time is an input; of bounded size.
/// </summary>
/// <remarks>Not safe for concurrent use.</remarks>
public sealed class LoadMeter
{
    /// <summary>Starts remembered for each way.</summary>
    private const int StartsKept = 20;

    private static readonly TimeSpan ShortestWindow = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWindow = TimeSpan.FromMinutes(1);

    private readonly SlidingPeak _peak = new();
    private readonly Dictionary<WakeWay, Queue<TimeSpan>> _starts = [];
    private LadderTimes? _ladder;
    private (int Pauses, IdleSpec? Declared, StartTimes? Starts) _ladderOf;
    private StartTimes _times = StartTimes.Unknown;

    /// <summary>Pauses of the service's instances, between uses.</summary>
    public IdleHistogram Pauses { get; } = new();

    /// <summary>Looks ahead, as the service declares.</summary>
    public Foresight Foresight { get; } = new();

    public StartTimes Starts => _times;

    public ServiceTime ServiceTime { get; } = new();

    /// <summary>
    /// How long a peak of load keeps its instances: a hundred times what it takes to get one back, 1 s to 1 min (Knative's stable window is 1 min, for starts of a second).
    /// </summary>
    public TimeSpan ScaleInWindow
    {
        get
        {
            var back = (_times.Restored ?? _times.Cold ?? LongestWindow) * 100;
            return back < ShortestWindow ? ShortestWindow : back > LongestWindow ? LongestWindow : back;
        }
    }

    /// <summary>An instance came to run, by this way, in this time.</summary>
    public void Started(WakeWay way, TimeSpan took)
    {
        if (way == WakeWay.Running)
        {
            return;
        }

        if (!_starts.TryGetValue(way, out var kept))
        {
            _starts[way] = kept = new Queue<TimeSpan>();
        }

        kept.Enqueue(took);
        if (kept.Count > StartsKept)
        {
            kept.Dequeue();
        }

        _times = new StartTimes(Median(WakeWay.Frozen), Median(WakeWay.Restored), Median(WakeWay.Cold));
    }

    /// <summary>Requests in flight and waiting, at one time since the last call.</summary>
    public void Concurrency(DateTimeOffset now, int requests)
    {
        _peak.Add(now, requests, ScaleInWindow);
        Foresight.Observe(now, requests);
    }

    public ServiceLoad Load(DateTimeOffset now, ServiceSpec spec)
    {
        Foresight.Use(spec.Predict, spec.Scale.ConcurrencyTarget);
        return new ServiceLoad
        {
            ServiceTime = ServiceTime.Mean,
            Starts = _times,
            Peak = _peak.Peak(now, ScaleInWindow),
            Ladder = Ladder(spec.Idle),
            Ahead = Foresight.Ahead(now),
            Books = Foresight.Model is null ? null : Foresight.Books,
            Period = Foresight.Period,
            LookAgainAt = Foresight.LookAgainAt(now),
        };
    }

    /// <summary>Learned anew when the pauses have changed by an eighth: a step must not cost a pass over the histogram.</summary>
    private LadderTimes? Ladder(IdleSpec declared)
    {
        var (pauses, of, starts) = _ladderOf;
        if (of != declared || !ReferenceEquals(starts, _times) || Math.Abs(Pauses.Count - pauses) > pauses / 8)
        {
            _ladder = LadderTimes.Learn(Pauses, declared, _times);
            _ladderOf = (Pauses.Count, declared, _times);
        }

        return _ladder;
    }

    private TimeSpan? Median(WakeWay way) => _starts.TryGetValue(way, out var kept) ? kept.Order().ElementAt(kept.Count / 2) : null;
}
