using Homeostat.Core.Regulation.Tiers;

namespace Homeostat.Server.Activation;

/// <summary>
/// Pauses between uses of a service's instances, counted by requests on any thread until the service's controller takes them into its histogram.
/// </summary>
internal sealed class PauseCounts
{
    private readonly int[] _counts = new int[IdleHistogram.Bins];
    private int _any;

    public void Add(TimeSpan pause)
    {
        Interlocked.Increment(ref _counts[IdleHistogram.BinOf(pause)]);
        Volatile.Write(ref _any, 1);
    }

    public void MoveTo(IdleHistogram pauses)
    {
        if (Interlocked.Exchange(ref _any, 0) == 0)
        {
            return;
        }

        for (var bin = 0; bin < _counts.Length; bin++)
        {
            if (Volatile.Read(ref _counts[bin]) > 0)
            {
                pauses.Add(bin, Interlocked.Exchange(ref _counts[bin], 0));
            }
        }
    }
}
