namespace Homeostat.Core.Regulation.Scaling;

/// <summary>How long a request holds its slot, in the recent mean. May be told from several threads at once: then one of them may be lost, which a mean bears.</summary>
public sealed class ServiceTime
{
    /// <summary>One step of the mean: the last 16 requests weigh most.</summary>
    private const double Weight = 1 / 16.0;

    /// <summary>A stream or a download may hold its slot for hours; it counts as this many usual requests at most.</summary>
    private const double LongestShare = 8;

    private double _seconds;

    /// <summary>Null: none has been served yet.</summary>
    public TimeSpan? Mean => Volatile.Read(ref _seconds) is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null;

    public void Add(TimeSpan held)
    {
        var (seconds, mean) = (Math.Max(1e-6, held.TotalSeconds), Volatile.Read(ref _seconds));
        Volatile.Write(ref _seconds, mean <= 0 ? seconds : mean + ((Math.Min(seconds, LongestShare * mean) - mean) * Weight));
    }
}
