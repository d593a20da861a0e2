using System.Globalization;
using System.Text;

namespace Homeostat.Core.Services;

/// <summary>Durations, sizes and CPU as people write them in service files and on the command line.</summary>
public static class Quantities
{
    /// <summary>Longest duration: ten years, so that sums of durations and dates never overflow.</summary>
    public static readonly TimeSpan DurationMax = TimeSpan.FromDays(3650);

    private static readonly (string Unit, long Milliseconds)[] Durations = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

    private static readonly (string Unit, long Bytes)[] Sizes = [("Ti", 1L << 40), ("Gi", 1L << 30), ("Mi", 1L << 20), ("Ki", 1L << 10)];

    /// <summary>
    /// <c>90s</c>, <c>5m</c>, <c>500ms</c>, <c>1h30m</c>, <c>1.5s</c>: numbers with units d, h, m, s, ms in falling order, whole milliseconds.
    /// A bare <c>0</c> needs no unit.
    /// </summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0")
        {
            return true;
        }
        var rest = text.AsSpan();
        var (total, unitBefore) = (0m, -1);
        while (!rest.IsEmpty)
        {
            if (!TryTakeNumber(ref rest, out var number) || !TryTakeUnit(ref rest, out var unit) || unit <= unitBefore)
            {
                return false;
            }
            unitBefore = unit;
            total += number * Durations[unit].Milliseconds;
        }
        if (unitBefore < 0 || total != decimal.Truncate(total) || total > (decimal)DurationMax.TotalMilliseconds)
        {
            return false;
        }
        duration = TimeSpan.FromMilliseconds((long)total);
        return true;
    }

    /// <summary>The shortest form <see cref="TryParseDuration"/> reads back: <c>1h30m</c>, <c>250ms</c>, <c>0s</c>. Whole milliseconds.</summary>
    public static string FormatDuration(TimeSpan duration)
    {
        var left = (long)duration.TotalMilliseconds;
        var text = new StringBuilder();
        foreach (var (unit, milliseconds) in Durations)
        {
            if (left / milliseconds is > 0 and var count)
            {
                text.Append(count).Append(unit);
                left %= milliseconds;
            }
        }
        return text.Length == 0 ? "0s" : text.ToString();
    }

    /// <summary><c>256Mi</c>, <c>1Gi</c>, <c>1.5Gi</c>, or whole bytes without unit. Units are powers of 1024: Ki, Mi, Gi, Ti.</summary>
    public static bool TryParseSize(string text, out long bytes)
    {
        bytes = 0;
        var rest = text.AsSpan();
        if (!TryTakeNumber(ref rest, out var number))
        {
            return false;
        }
        var factor = 1L;
        if (!rest.IsEmpty)
        {
            var unit = rest.ToString();
            factor = Sizes.FirstOrDefault(s => s.Unit == unit).Bytes;
        }
        var total = number * factor;
        if (factor == 0 || total != decimal.Truncate(total) || total > long.MaxValue / 2)
        {
            return false;
        }
        bytes = (long)total;
        return true;
    }

    /// <summary>The form with the largest unit that divides it: <c>256Mi</c>, <c>1536Ki</c>, <c>1000</c>.</summary>
    public static string FormatSize(long bytes)
    {
        foreach (var (unit, factor) in Sizes)
        {
            if (bytes != 0 && bytes % factor == 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{bytes / factor}{unit}");
            }
        }
        return bytes.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Cores: <c>0.25</c> or <c>250m</c> (thousandths). Precise to a thousandth.</summary>
    public static bool TryParseCpu(string text, out double cores)
    {
        cores = 0;
        var rest = text.AsSpan();
        if (!TryTakeNumber(ref rest, out var number) || !(rest.IsEmpty || rest is "m"))
        {
            return false;
        }
        var thousandths = rest.IsEmpty ? number * 1000 : number;
        if (thousandths != decimal.Truncate(thousandths) || thousandths > 1_000_000_000)
        {
            return false;
        }
        cores = (double)thousandths / 1000;
        return true;
    }

    /// <summary><c>0.25</c></summary>
    public static string FormatCpu(double cores) => cores.ToString("0.###", CultureInfo.InvariantCulture);

    /// <summary>Digits with an optional fraction; at most 15 characters, so that no product of it overflows a decimal.</summary>
    private static bool TryTakeNumber(ref ReadOnlySpan<char> text, out decimal number)
    {
        var end = 0;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || (text[end] == '.' && end > 0)))
        {
            end++;
        }
        var digits = text[..end];
        text = text[end..];
        number = 0;
        return end is > 0 and <= 15 && digits[^1] != '.'
            && decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
    }

    private static bool TryTakeUnit(ref ReadOnlySpan<char> text, out int unit)
    {
        var end = 0;
        while (end < text.Length && char.IsAsciiLetter(text[end]))
        {
            end++;
        }
        var written = text[..end].ToString();
        text = text[end..];
        unit = Array.FindIndex(Durations, d => d.Unit == written);
        return unit >= 0;
    }
}
