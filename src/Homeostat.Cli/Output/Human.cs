using System.Globalization;
using System.Text;

namespace Homeostat.Cli.Output;

/// <summary>Numbers as people read them.</summary>
internal static class Human
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary><c>0 B</c>, <c>48 MiB</c>, <c>1.5 GiB</c>; <c>-</c> for nothing.</summary>
    public static string Size(long bytes)
    {
        if (bytes <= 0)
        {
            return "-";
        }
        var (value, unit) = ((double)bytes, 0);
        while (value >= 1000 && unit < Units.Length - 1)
        {
            (value, unit) = (value / 1024, unit + 1);
        }
        return string.Create(CultureInfo.InvariantCulture, $"{(value >= 10 || unit == 0 ? Math.Round(value).ToString(CultureInfo.InvariantCulture) : value.ToString("0.#", CultureInfo.InvariantCulture))} {Units[unit]}");
    }

    /// <summary>Two units at most: <c>3s</c>, <c>5m12s</c>, <c>2h5m</c>, <c>3d4h</c>.</summary>
    public static string Age(TimeSpan age)
    {
        var time = age < TimeSpan.Zero ? TimeSpan.Zero : age;
        return time switch
        {
            { TotalMinutes: < 1 } => $"{time.Seconds}s",
            { TotalHours: < 1 } => $"{time.Minutes}m{time.Seconds}s",
            { TotalDays: < 1 } => $"{time.Hours}h{time.Minutes}m",
            _ => $"{(int)time.TotalDays}d{time.Hours}h",
        };
    }

    /// <summary>How long something took: <c>0.4 ms</c>, <c>12 ms</c>, <c>1.3 s</c>.</summary>
    public static string Took(double seconds) => seconds switch
    {
        < 0.01 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:0.#} ms"),
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.#} s"),
    };

    /// <summary>CPU time: <c>0.03s</c>, <c>12s</c>, <c>5m12s</c>.</summary>
    public static string Cpu(double seconds) => seconds < 60 ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.##}s") : Age(TimeSpan.FromSeconds(seconds));

    /// <summary>Words on lines of at most <paramref name="width"/> characters, each begun with <paramref name="indent"/>.</summary>
    public static string Wrap(string text, int? width, string indent)
    {
        if (width is not { } room)
        {
            return indent + text;
        }
        var (lines, line) = (new StringBuilder(), new StringBuilder(indent));
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > indent.Length && line.Length + 1 + word.Length > room)
            {
                lines.Append(line).Append('\n');
                line.Clear().Append(indent);
            }
            line.Append(line.Length > indent.Length ? " " : "").Append(word);
        }
        return lines.Append(line).ToString();
    }
}
