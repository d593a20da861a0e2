namespace Homeostat.Core.Forecasting.Models;

/// <summary>
/// Goes by the same place of former seasons: their mean, moved by a part of how far the newest value is from where those seasons were. Without a season, or before a
/// whole one has been seen, the last value. Source: the seasonal random walk (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 5.2), with a level shift.
/// </summary>
/// <param name="seasonsMax">Former seasons to average over.</param>
/// <param name="deviation">Part of today's deviation that is carried over: 0 none, 1 all.</param>
internal sealed class SeasonalLags(History history, Func<int?> period, int seasonsMax, double deviation) : IPointModel
{
    public int? Period => period();

    public int Bytes => 2 * sizeof(double);

    public void Observe(double value)
    {
        // The history is shared and has it already.
    }

    public double Predict(int steps)
    {
        if (period() is not { } season || season >= history.Count)
        {
            return history[0];
        }
        var (then, now, seen) = (0.0, 0.0, 0);
        for (var k = (steps + season - 1) / season; seen < seasonsMax && (k * season) < history.Count; k++, seen++)
        {
            then += history[(k * season) - steps];
            now += history[k * season];
        }
        return seen == 0 ? history[0] : (then / seen) + (deviation * (history[0] - (now / seen)));
    }
}
