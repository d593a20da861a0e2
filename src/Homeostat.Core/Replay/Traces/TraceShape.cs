using System.Globalization;

namespace Homeostat.Core.Replay.Traces;

/// <summary>How the lines of a trace are to be read.</summary>
/// <param name="Separator">Between columns; '\0': one column; ' ': any white space.</param>
/// <param name="TimeColumn">-1: none.</param>
/// <param name="CountColumn">-1: none, each line is one request.</param>
/// <param name="IsIndexed">The time column only numbers the lines (1, 2, 3 ...).</param>
internal sealed record TraceShape(TraceLineKind Kind, string Format, char Separator = '\0', int TimeColumn = -1, int CountColumn = -1, bool HasHeader = false, bool IsIndexed = false);

internal enum TraceLineKind
{
    Columns,
    AccessLog,
    JsonLines,
}

/// <summary>Finds the shape from the first lines of a file: formats are told apart by what stands in them, not by the name of the file.</summary>
internal static class TraceShapes
{
    /// <summary>Lines looked at: enough to tell regular steps from request times, little enough to hold.</summary>
    public const int Looked = 64;

    private static readonly string[] CountNames =
        ["value", "values", "count", "counts", "requests", "request_count", "requestcount", "n", "hits", "total", "y", "arrivals", "invocations", "messages", "load", "num"];

    private static readonly string[] TimeNames = ["ts", "time", "timestamp", "date", "datetime", "period", "at", "start", "minute", "second", "epoch"];

    /// <param name="lines">Without comments and empty lines; at least one.</param>
    public static (TraceShape? Shape, string? Problem) Find(IReadOnlyList<string> lines)
    {
        if (lines[0].StartsWith('{'))
        {
            return (new TraceShape(TraceLineKind.JsonLines, "JSON lines"), null);
        }
        if (TraceTime.TryLog(lines[0], out _))
        {
            return (new TraceShape(TraceLineKind.AccessLog, "access log"), null);
        }
        var separator = SeparatorOf(lines);
        var header = IsHeader(lines[0], separator);
        var rows = lines.Skip(header ? 1 : 0).Select(l => Split(l, separator)).ToList();
        if (rows.Count == 0)
        {
            return (null, header ? "there is a heading but no data" : "there is no data");
        }
        var names = header ? Split(lines[0], separator).Select(n => n.Trim('"').ToLowerInvariant()).ToArray() : [];
        return rows[0].Length == 1 ? (OneColumn(rows, header), null) : Columns(rows, names, separator);
    }

    public static string[] Split(string line, char separator) => separator switch
    {
        '\0' => [line],
        ' ' => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries),
        _ => line.Split(separator, StringSplitOptions.TrimEntries),
    };

    private static TraceShape OneColumn(List<string[]> rows, bool header) => Most(rows, 0, text => TraceTime.TryAny(text, out _))
        ? new TraceShape(TraceLineKind.Columns, "one request time per line", TimeColumn: 0, HasHeader: header)
        : new TraceShape(TraceLineKind.Columns, "one count per line", CountColumn: 0, HasHeader: header);

    private static (TraceShape?, string?) Columns(List<string[]> rows, string[] names, char separator)
    {
        var width = rows[0].Length;
        var time = Enumerable.Range(0, width).FirstOrDefault(c => Most(rows, c, text => TraceTime.TryAny(text, out _)), -1);
        var indexed = time < 0 && IsIndex(rows, names);
        time = indexed ? 0 : time;
        var named = Array.FindIndex(names, n => CountNames.Contains(n));
        var numeric = Enumerable.Range(0, width).Where(c => c != time && Most(rows, c, text => text.Length == 0 || IsNumber(text))).ToList();
        var regular = time >= 0 && (indexed || IsRegular(rows, time));
        var shape = new TraceShape(TraceLineKind.Columns, "", separator, time, named, names.Length > 0, indexed);
        return (named, time, regular, numeric.Count) switch
        {
            ( >= 0, _, _, _) => (shape with { Format = "counts in columns" }, null),
            (_, >= 0, false, _) => (shape with { Format = "request times in columns" }, null),
            (_, _, _, 1) => (shape with { Format = "counts in columns", CountColumn = numeric[0] }, null),
            (_, >= 0, true, 0) => (shape with { Format = "request times in columns" }, null),
            (_, _, _, 0) => (null, "no column is numbers or times"),
            _ => (null, $"{numeric.Count} columns are numbers, and no heading says which is the count"),
        };
    }

    /// <summary>One cell that is wrong must not make a column something else: it is to be named as wrong.</summary>
    private static bool Most(List<string[]> rows, int column, Func<string, bool> isRight) =>
        rows.Count(r => column < r.Length && isRight(r[column].Trim('"'))) > rows.Count * 0.6;

    /// <summary>Times of counts step evenly, but for a gap here and there; those of requests do not, and two may be the same.</summary>
    private static bool IsRegular(List<string[]> rows, int column)
    {
        var times = rows.Select(r => TraceTime.TryAny(r[column].Trim('"'), out var t) ? t : 0).ToList();
        var steps = times.Zip(times.Skip(1), (a, b) => b - a).Order().ToList();
        if (steps.Count == 0)
        {
            return true;
        }
        var middle = steps[steps.Count / 2];
        return middle > 0 && steps.Count(s => Math.Abs(s - middle) < middle * 0.01) >= steps.Count * 0.8;
    }

    private static bool IsIndex(List<string[]> rows, string[] names)
    {
        var first = Number(rows[0][0]);
        return (names.Length == 0 || TimeNames.Contains(names[0]) || names[0] is "index" or "i" or "")
            && !double.IsNaN(first) && rows.Select((r, i) => Number(r[0]) == first + i).All(same => same);
    }

    private static bool IsHeader(string line, char separator) => !Split(line, separator).Any(c => IsNumber(c) || TraceTime.TryAny(c.Trim('"'), out _));

    private static char SeparatorOf(IReadOnlyList<string> lines)
    {
        var line = lines[^1];
        foreach (var candidate in ",;\t")
        {
            if (line.Contains(candidate, StringComparison.Ordinal))
            {
                return candidate;
            }
        }
        // A time may have a blank within; then the line is one column.
        return line.Contains(' ', StringComparison.Ordinal) && !TraceTime.TryAny(line.Trim('"'), out _) ? ' ' : '\0';
    }

    private static bool IsNumber(string text) => !double.IsNaN(Number(text)) || text.Equals("nan", StringComparison.OrdinalIgnoreCase);

    private static double Number(string text) =>
        double.TryParse(text.Trim('"'), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN;
}
