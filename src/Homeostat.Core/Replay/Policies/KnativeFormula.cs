using System.Runtime.InteropServices;
using Homeostat.Core.Services;

namespace Homeostat.Core.Replay.Policies;

/// <summary>What the autoscaler of Knative looks at in a tick.</summary>
/// <param name="Ready">Instances that take requests, 0 or more.</param>
/// <param name="Stable">Mean concurrency of the whole service over the stable window.</param>
/// <param name="Panic">The same over the panic window.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct KnativeInput(DateTimeOffset Now, ScaleSpec Scale, int Ready, double Stable, double Panic);

/// <summary>What it remembers from tick to tick.</summary>
/// <param name="PanicSince">When the panic threshold was last exceeded; null: no panic.</param>
/// <param name="PanicMost">The most instances wanted during this panic.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct KnativeMemory(DateTimeOffset? PanicSince, int PanicMost);

/// <summary>The scaling formula of Knative's autoscaler (KPA), with its defaults; pure.</summary>
/// <remarks>
/// <code>
///   T  = concurrency limit * 0.7                 ready = max(1, ready instances)
///   dS = ceil(stable / T)   dP = ceil(panic / T)  both within [floor(ready / 2), ceil(1000 * ready)]
///   panic starts when ceil(panic / T) / ready >= 2, is extended while that is true, ends a stable window after it last was
///   in panic: the most of dS and dP since it began, never less; else dS; then within [min, max]
/// </code>
/// Worked example (limit 10, T = 7; test Decide_WorkedExamples): stable 20, panic 20, 3 ready: dS = 3, dP / ready = 1: wanted 3. Panic window at 50: dP = 8, 8 / 3 >= 2:
/// panic, wanted 8, and 8 until 60 s after the last tick with dP / ready >= 2. Source: knative/serving, pkg/autoscaler/scaling (Apache-2.0); written anew from its formula.
/// </remarks>
internal static class KnativeFormula
{
    public static readonly TimeSpan StableWindow = TimeSpan.FromSeconds(60);

    public static readonly TimeSpan PanicWindow = TimeSpan.FromSeconds(6);

    public static readonly TimeSpan Tick = TimeSpan.FromSeconds(2);

    /// <summary>The last instance goes this long after zero was wanted.</summary>
    public static readonly TimeSpan ZeroGrace = TimeSpan.FromSeconds(30);

    public const double Utilisation = 0.7;
    public const double PanicThreshold = 2.0;
    public const double ScaleUpRateMax = 1000;
    public const double ScaleDownRateMax = 2;
    public const int InitialScale = 1;

    public static (int Wanted, KnativeMemory Memory) Decide(KnativeInput input, KnativeMemory memory)
    {
        var target = input.Scale.ConcurrencyLimit * Utilisation;
        var ready = Math.Max(1, input.Ready);
        var (up, down) = (Math.Ceiling(ScaleUpRateMax * ready), Math.Floor(ready / ScaleDownRateMax));
        var (stable, panic) = (Math.Ceiling(input.Stable / target), Math.Ceiling(input.Panic / target));
        var wantedStable = (int)Math.Min(Math.Max(stable, down), up);
        var wantedPanic = (int)Math.Min(Math.Max(panic, down), up);

        if (panic / ready >= PanicThreshold)
        {
            memory = memory with { PanicSince = input.Now };
        }
        else if (memory.PanicSince + StableWindow < input.Now)
        {
            memory = default;
        }

        var wanted = wantedStable;
        if (memory.PanicSince is not null)
        {
            wanted = Math.Max(memory.PanicMost, Math.Max(wantedStable, wantedPanic));
            memory = memory with { PanicMost = wanted };
        }

        return (Math.Clamp(wanted, input.Scale.Min, input.Scale.Max), memory);
    }
}
