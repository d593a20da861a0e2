using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Runtime;

namespace Homeostat.Core.Monitoring;

/// <summary>
/// Makes of an instance's counters, looked at every few milliseconds, what it uses of its limits, and finds the moment in which it comes to them. Time is an input, which
/// must not decrease. Holds a fixed number of samples; no allocation. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// <para>The kernel counts a throttled period when the period ends: up to 100 ms after the program was stopped. CPU time it counts at once. So a program counts as throttled
/// already when it has used up nine tenths of what a period gives, within the time of one period: at 0.5 cores after 45 ms of computing, before it is stopped, and
/// with tiny limits within one look after that.</para>
/// <code>
///   calm --a period throttled, or 9/10 of one used up--> strained     told once; new limits begin anew
///   strained --two periods without--> calm
///   roomy --9/10 of the memory limit, or hits from 3/4 on--> tight    told once
///   tight --below 8/10, no hit for a second--> roomy
/// </code>
/// </remarks>
public sealed class UsageMeter
{
    /// <summary>Time over which CPU is counted: one period of the scheduler.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    /// <summary>Share of what a period gives that counts as used up.</summary>
    public const double UsedUpShare = 0.9;

    /// <summary>Shares of the memory limit from which it is tight, from which hits make it so, and below which it is not any more.</summary>
    public const double TightShare = 0.9, HitShare = 0.75, RoomyShare = 0.8;

    private static readonly TimeSpan HitsCount = TimeSpan.FromSeconds(1);

    /// <summary>More than two periods of samples that are 10 ms apart; of denser ones the oldest are forgotten sooner.</summary>
    private const int Kept = 32;

    private readonly (TimeSpan At, ResourceUsage Usage)[] _samples = new (TimeSpan, ResourceUsage)[Kept];
    private int _count;
    private int _next;
    private ResourceLimits? _limits;
    private TimeSpan? _hitAt;
    private bool _strained;

    public InstanceUsage Usage { get; private set; }

    /// <summary>When it was last looked at; null: not since it began anew.</summary>
    public TimeSpan? SampledAt => _count == 0 ? null : Newest.At;

    /// <summary>Forgets all: it was asleep, or got another container.</summary>
    public void Reset() => (_count, _next, _limits, _hitAt, _strained, Usage) = (0, 0, null, null, false, default);

    /// <summary>Takes a look's counters. True: it has just come to a limit, of CPU or memory.</summary>
    public bool Add(TimeSpan at, in ResourceUsage now, ResourceLimits limits)
    {
        if (_count > 0 && (now.Cpu < Newest.Usage.Cpu || now.Periods < Newest.Usage.Periods))
        {
            Reset();
        }

        if (_limits is not null && _limits != limits)
        {
            Renew(limits);
        }

        _limits = limits;
        var hit = _count > 0 && now.MemoryLimitHits > Newest.Usage.MemoryLimitHits;
        Keep(at, now);
        var throttled = Throttled(at, now, limits.Cpu);
        var tight = IsTight(at, now.MemoryBytes, limits.MemoryBytes, hit);
        var began = (throttled >= Strain.ThrottledMin && !_strained) || (tight && !Usage.MemoryTight);
        _strained = throttled >= Strain.ThrottledMin;
        Usage = new InstanceUsage(Cores(at, now), throttled, now.MemoryBytes, tight);
        return began;
    }

    private ref (TimeSpan At, ResourceUsage Usage) Newest => ref _samples[(_next + Kept - 1) % Kept];

    /// <summary>What was used under other limits says nothing of these; the last look is where counting begins.</summary>
    private void Renew(ResourceLimits limits)
    {
        var last = Newest;
        (_count, _next, _strained) = (0, 0, false);
        Keep(last.At, last.Usage);
        if (limits.MemoryBytes != _limits!.MemoryBytes)
        {
            (_hitAt, Usage) = (null, Usage with { MemoryTight = false });
        }
    }

    private void Keep(TimeSpan at, in ResourceUsage usage)
    {
        _samples[_next] = (at, usage);
        _next = (_next + 1) % Kept;
        _count = Math.Min(_count + 1, Kept);
    }

    private double Throttled(TimeSpan at, in ResourceUsage now, double? cores)
    {
        if (cores is not { } limit)
        {
            return 0;
        }

        var two = Since(at - (2 * Period));
        var periods = now.Periods - two.Usage.Periods;
        var share = periods > 0 ? Math.Clamp((double)(now.ThrottledPeriods - two.Usage.ThrottledPeriods) / periods, 0, 1) : 0;
        var usedUp = now.Cpu - Since(at - Period).Usage.Cpu >= Period * limit * UsedUpShare;
        return usedUp ? 1 : share;
    }

    private double Cores(TimeSpan at, in ResourceUsage now)
    {
        var from = Since(at - Period);
        return at > from.At ? (now.Cpu - from.Usage.Cpu) / (at - from.At) : Usage.CpuCores;
    }

    private bool IsTight(TimeSpan at, long bytes, long limit, bool hit)
    {
        if (hit && bytes >= HitShare * limit)
        {
            _hitAt = at;
        }

        return bytes >= TightShare * limit || at - _hitAt < HitsCount || (Usage.MemoryTight && bytes >= RoomyShare * limit);
    }

    /// <summary>The oldest kept sample that is not older than <paramref name="from"/>.</summary>
    private (TimeSpan At, ResourceUsage Usage) Since(TimeSpan from)
    {
        var found = Newest;
        for (var back = 2; back <= _count; back++)
        {
            ref var sample = ref _samples[(_next + (2 * Kept) - back) % Kept];
            if (sample.At < from)
            {
                break;
            }

            found = sample;
        }

        return found;
    }
}
