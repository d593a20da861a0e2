using System.Globalization;

namespace Homeostat.Core.Replay.Charts;

/// <summary>Maps values to places between two ends of a panel and says where the ticks are.</summary>
internal sealed class ChartScale
{
    private const int TicksWanted = 5;
    private readonly double _low;
    private readonly double _high;
    private readonly bool _logarithmic;

    /// <param name="fromZero">The axis begins at 0 even where all values are far above: the length of a bar means something then.</param>
    public ChartScale(IEnumerable<double> values, bool logarithmic, bool fromZero, double? ceiling = null)
    {
        _logarithmic = logarithmic;
        var seen = values.Where(v => double.IsFinite(v) && (!logarithmic || v > 0)).ToList();
        var (low, high) = seen.Count == 0 ? (logarithmic ? 1 : 0, 1) : (seen.Min(), seen.Max());
        high = ceiling is { } most ? Math.Min(high, most) : high;
        if (logarithmic)
        {
            // Whole decades where there are several; less would waste the panel.
            var wide = high / low > 10;
            (_low, _high) = wide ? (Math.Pow(10, Math.Floor(Math.Log10(low))), Math.Pow(10, Math.Ceiling(Math.Log10(high) - 1e-9))) : (low / 1.2, high * 1.2);
            Ticks = [.. LogTicks(wide)];
            return;
        }
        low = fromZero ? Math.Min(0, low) : low;
        high = high > low ? high : low + Math.Max(1e-9, Math.Abs(low));
        var step = NiceStep((high - low) / TicksWanted);
        (_low, _high) = (Math.Floor((low / step) + 1e-9) * step, Math.Ceiling((high / step) - 1e-9) * step);
        Ticks = [.. Enumerable.Range(0, (int)Math.Round((_high - _low) / step) + 1).Select(i => _low + (i * step))];
    }

    public IReadOnlyList<double> Ticks { get; }

    /// <summary>0 at the low end, 1 at the high one; values beyond are put at the end.</summary>
    public double At(double value) => Math.Clamp(
        _logarithmic ? Math.Log(Math.Max(value, _low) / _low) / Math.Log(_high / _low) : (value - _low) / (_high - _low), 0, 1);

    public bool IsBeyond(double value) => value > _high * (1 + 1e-9);

    /// <summary>As short as it stays right: <c>0.05</c>, <c>12</c>, <c>1.5k</c>, <c>20M</c>.</summary>
    public static string Text(double value)
    {
        var size = Math.Abs(value);
        return size switch
        {
            >= 1e9 => Scaled(value / 1e9, "G"),
            >= 1e6 => Scaled(value / 1e6, "M"),
            >= 1e4 => Scaled(value / 1e3, "k"),
            < 1e-9 => "0",
            < 1e-3 => value.ToString("0.#e+0", CultureInfo.InvariantCulture),
            _ => Scaled(value, ""),
        };
    }

    private static string Scaled(double value, string unit) => value.ToString(Math.Abs(value) >= 100 ? "0" : Math.Abs(value) >= 10 ? "0.#" : "0.###", CultureInfo.InvariantCulture) + unit;

    private IEnumerable<double> LogTicks(bool wide)
    {
        if (!wide)
        {
            var step = NiceStep((_high - _low) / TicksWanted);
            for (var tick = Math.Ceiling(_low / step) * step; tick <= _high; tick += step)
            {
                yield return tick;
            }
            yield break;
        }
        var decades = (int)Math.Round(Math.Log10(_high / _low));
        for (var i = 0; i <= decades; i += Math.Max(1, decades / 6))
        {
            yield return _low * Math.Pow(10, i);
        }
    }

    private static double NiceStep(double rough)
    {
        var decade = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return decade * (rough / decade) switch { <= 1 => 1, <= 2 => 2, <= 2.5 => 2.5, <= 5 => 5, _ => 10 };
    }
}
