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

    /// <summary><c>1 cell</c>, <c>2 cells</c>.</summary>
    public static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    /// <summary>At most <paramref name="width"/> characters, the cut shown by …; null: not cut.</summary>
    public static string Cut(string text, int? width) => width is not { } room || text.Length <= room ? text : text[..Math.Max(0, room - 1)] + "…";

    /// <summary>
    /// For a screen: what would move the cursor, change colours or the title, or turn the direction of writing is shown instead (ESC as ^[), as less and journalctl
    /// do; nobody else's text is to act on the reader's terminal. Tabs stay.
    /// </summary>
    public static string Visible(string text)
    {
        if (!text.Any(IsActing))
        {
            return text;
        }
        var shown = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            _ = c switch
            {
                _ when !IsActing(c) => shown.Append(c),
                < ' ' or '\x7f' => shown.Append('^').Append((char)(c ^ 0x40)),
                _ => shown.Append(CultureInfo.InvariantCulture, $"<U+{(int)c:X4}>"),
            };
        }
        return shown.ToString();
    }

    private static bool IsActing(char c) => (char.IsControl(c) && c != '\t') || c is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\u200e' or '\u200f' or '\u2028' or '\u2029';

    /// <summary>Words on lines of at most <paramref name="width"/> characters, the first begun with <paramref name="indent"/>, the others with <paramref name="hanging"/> (null: the same).</summary>
    public static string Wrap(string text, int? width, string indent, string? hanging = null)
    {
        if (width is not { } room)
        {
            return indent + text;
        }
        var (lines, line, start) = (new StringBuilder(), new StringBuilder(indent), indent.Length);
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > start && line.Length + 1 + word.Length > room)
            {
                lines.Append(line).Append('\n');
                line.Clear().Append(hanging ?? indent);
                start = line.Length;
            }
            line.Append(line.Length > start ? " " : "").Append(word);
        }
        return lines.Append(line).ToString();
    }
}
