namespace Homeostat.Core.Forecasting.Seasons;

/// <summary>The newest part of a series in bins, as running sums of logarithms (a busy day then repeats a quiet one), and how well it repeats after a lag.</summary>
internal sealed class SeasonScale
{
    private readonly double[] _sums;

    /// <param name="bins">Times <paramref name="scale"/> at most what the history has.</param>
    public SeasonScale(History history, int bins, int scale)
    {
        Count = bins;
        _sums = new double[bins + 1];
        var (low, high) = Bounds(history, bins * scale);
        for (var bin = 0; bin < bins; bin++)
        {
            var sum = 0.0;
            for (var i = 0; i < scale; i++)
            {
                sum += Math.Clamp(history[((bins - bin) * scale) - 1 - i], low, high);
            }
            _sums[bin + 1] = _sums[bin] + Math.Log(1 + sum);
        }
    }

    public int Count { get; }

    /// <summary>Longest lag that leaves something to compare.</summary>
    public int LagMax => (int)(Count / 2.2);

    /// <summary>Correlation of changes with those one lag before; 0 where nothing changes.</summary>
    /// <param name="part">Changes are over the lag / part, of means over half of that.</param>
    /// <param name="measure">Lag that says over how much changes are taken; 0: the lag itself.</param>
    public double Strength(int lag, int part, int measure = 0)
    {
        measure = measure == 0 ? lag : measure;
        var (over, change) = (Math.Max(1, measure / (2 * part)), Math.Max(1, measure / part));
        var (x, y, xx, yy, xy, pairs) = (0.0, 0.0, 0.0, 0.0, 0.0, Count - (lag + change + over) + 1);
        for (var end = lag + change + over; end <= Count; end++)
        {
            var now = Change(end, over, change);
            var then = Change(end - lag, over, change);
            (x, y) = (x + now, y + then);
            xx += now * now;
            yy += then * then;
            xy += now * then;
        }
        var (spread, spreadThen) = (xx - (x * x / pairs), yy - (y * y / pairs));
        // What is left of a straight line but rounding is nothing.
        return spread <= 1e-9 * xx || spreadThen <= 1e-9 * yy || pairs < 2 ? 0 : (xy - (x * y / pairs)) / Math.Sqrt(spread * spreadThen);
    }

    private double Change(int end, int over, int change) => _sums[end] - _sums[end - over] - (_sums[end - change] - _sums[end - change - over]);

    /// <summary>The lowest and highest hundredth are cut: one burst in a season would be the season.</summary>
    private static (double Low, double High) Bounds(History history, int count)
    {
        var values = new double[count];
        history.Newest(values);
        Array.Sort(values);
        return (values[count / 100], values[count - 1 - (count / 100)]);
    }
}
