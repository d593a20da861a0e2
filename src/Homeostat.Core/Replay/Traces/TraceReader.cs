using System.Globalization;
using System.IO.Compression;
using System.Text.Json;

namespace Homeostat.Core.Replay.Traces;

/// <summary>
/// Reads past demand from text: one count per line; CSV (comma, semicolon, tab or blanks, with or without a heading) of counts, with their times or numbered lines or
/// neither; one request per line as seconds since 1970, ISO 8601 time, line of an access log (Common or Combined Log Format) or JSON object with a time. Which of
/// them it is, is found from the first lines.
/// </summary>
/// <remarks>
/// Lines that begin with # are comments. Counts that are missing, no number, negative or not finite are errors that name the line. Times of requests may be out of
/// order (servers log at the end of a request) and are sorted; those of counts must not be. Gaps between counts are judged later, by <see cref="TraceSeries"/>.
/// Opening files is the caller's part; gzip is unpacked here. Memory is bounded by <see cref="TraceLimits"/>, whatever a small file unpacks to.
/// </remarks>
public static class TraceReader
{
    private const string Formats = "A trace is one count per line, CSV with a count column, or one request per line (seconds since 1970, ISO 8601, access log, JSON).";

    /// <summary>Of one step. Beyond it sums and squares of errors lose all digits, or overflow.</summary>
    private const double CountMost = 1e15;

    private static readonly string[] JsonTimes = ["time", "ts", "timestamp", "@timestamp", "at", "start", "date", "datetime", "msec"];

    /// <param name="bytes">Of a file, plain or gzip (told by its first two bytes), from where it stands; it need not seek. Stays open.</param>
    /// <param name="limits">Null: <see cref="TraceLimits.Usual"/>.</param>
    /// <exception cref="IOException">As the stream throws. Damaged gzip is a problem of the trace, not an exception.</exception>
    public static TraceReading Read(Stream bytes, TraceLimits? limits = null)
    {
        using var peeked = new PeekedStream(bytes);
        using var packed = peeked.IsGzip ? new GZipStream(peeked, CompressionMode.Decompress, leaveOpen: true) : null;
        using var text = new StreamReader(packed ?? (Stream)peeked, leaveOpen: true);
        try
        {
            return Read(text, limits);
        }
        catch (InvalidDataException e)
        {
            // What was unpacked before would look like a whole, shorter trace.
            return Refused(0, $"the gzip file is damaged or cut off: {e.Message.TrimEnd('.')}", "Copy it again; gzip -t FILE tells whether it is whole.");
        }
    }

    /// <param name="limits">Null: <see cref="TraceLimits.Usual"/>.</param>
    public static TraceReading Read(TextReader text, TraceLimits? limits = null)
    {
        limits ??= TraceLimits.Usual;
        var lines = new TraceLines(text, limits.LineCharactersMax);
        var first = new List<(string Text, int Number)>();
        while (first.Count < TraceShapes.Looked && lines.Next() is { } line)
        {
            first.Add((line, lines.Number));
        }
        var said = first.Where(l => IsData(l.Text)).Select(l => l.Text).ToList();
        if (said.Count == 0)
        {
            return lines.IsTooLong ? TooLong(lines, limits) : Refused(0, "the trace is empty", Formats);
        }
        var (shape, problem) = TraceShapes.Find(said);
        return shape is null ? Refused(0, problem!, Formats) : new Body(shape, limits).Read(first, lines);
    }

    private static bool IsData(string line) => line.Length > 0 && line[0] != '#';

    private static TraceReading Refused(int line, string message, string remedy) => new(null, new TraceProblem(line, message, remedy));

    private static TraceReading TooLong(TraceLines lines, TraceLimits limits) =>
        Refused(lines.Number, $"the line is longer than {limits.LineCharactersMax} characters", Formats);

    /// <summary>Reads all lines by a known shape.</summary>
    private sealed class Body(TraceShape shape, TraceLimits limits)
    {
        private readonly List<double> _counts = [];
        private readonly List<double> _times = [];
        private readonly List<int> _lines = [];
        private bool _headerSeen = !shape.HasHeader;
        private int _emptyLine;
        private bool _sorted = true;

        public TraceReading Read(List<(string Text, int Number)> first, TraceLines lines)
        {
            foreach (var (line, number) in first)
            {
                if (Take(line, number) is { } problem)
                {
                    return new TraceReading(null, problem);
                }
            }
            while (lines.Next() is { } line)
            {
                if (Take(line, lines.Number) is { } problem)
                {
                    return new TraceReading(null, problem);
                }
            }
            return lines.IsTooLong ? TooLong(lines, limits) : new TraceReading(Result(), null);
        }

        private Trace Result()
        {
            if (!_sorted)
            {
                _times.Sort();
            }
            return new Trace(shape.CountColumn >= 0 ? TraceKind.Counts : TraceKind.Requests, shape.Format, [.. _counts], [.. _times], [.. _lines]);
        }

        private TraceProblem? Take(string line, int number)
        {
            if (line.Length == 0)
            {
                // At the end of a file it is nothing; among counts it is one that is missing.
                _emptyLine = _emptyLine == 0 ? number : _emptyLine;
                return null;
            }
            if (line[0] == '#')
            {
                return null;
            }
            if (!_headerSeen)
            {
                _headerSeen = true;
                _emptyLine = 0;
                return null;
            }
            if (_emptyLine != 0 && shape.CountColumn >= 0 && _counts.Count > 0)
            {
                return Gap(_emptyLine, "the line is empty: a count is missing here");
            }
            _emptyLine = 0;
            if (Math.Max(_counts.Count, _times.Count) >= limits.PointsMax)
            {
                return new TraceProblem(number, string.Create(CultureInfo.InvariantCulture, $"more than {limits.PointsMax:#,0} points"), "Use a part of the trace, or counts of a longer step.");
            }
            return shape.Kind == TraceLineKind.Columns ? TakeColumns(line, number) : TakeRequest(line, number);
        }

        private TraceProblem? TakeRequest(string line, int number)
        {
            double time = 0;
            var known = shape.Kind == TraceLineKind.AccessLog ? TraceTime.TryLog(line, out time) : TryJson(line, out time);
            return known ? Add(time) : new TraceProblem(number, $"{Quoted(line)} has no time that can be read ({shape.Format})", Formats);
        }

        private TraceProblem? TakeColumns(string line, int number)
        {
            var cells = TraceShapes.Split(line, shape.Separator);
            if (cells.Length <= Math.Max(shape.TimeColumn, shape.CountColumn))
            {
                return new TraceProblem(number, $"{Quoted(line)} has {cells.Length} column{(cells.Length == 1 ? "" : "s")}, fewer than the lines before", Formats);
            }
            if (shape.TimeColumn >= 0 && !shape.IsIndexed)
            {
                if (!TraceTime.TryAny(cells[shape.TimeColumn].Trim('"'), out var time))
                {
                    return new TraceProblem(number, $"{Quoted(cells[shape.TimeColumn])} is not a time", Formats);
                }
                _ = Add(time);
            }
            return shape.CountColumn < 0 ? null : TakeCount(cells[shape.CountColumn].Trim('"'), number);
        }

        private TraceProblem? TakeCount(string text, int number)
        {
            if (text.Length == 0)
            {
                return Gap(number, "the count is missing");
            }
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var count))
            {
                return new TraceProblem(number, $"{Quoted(text)} is not a number", Formats);
            }
            if (!double.IsFinite(count))
            {
                return new TraceProblem(number, $"{Quoted(text)} is not a finite number", "Leave the step out, or write what was counted.");
            }
            if (count < 0)
            {
                return new TraceProblem(number, $"{Quoted(text)} is negative: demand can't be", "A count is 0 or more.");
            }
            if (count > CountMost)
            {
                return new TraceProblem(number, $"{Quoted(text)} is more than {CountMost.ToString("#,0", CultureInfo.InvariantCulture)}", "Is the count in another column, or in other units?");
            }
            _counts.Add(count);
            _lines.Add(number);
            return null;
        }

        private TraceProblem? Add(double time)
        {
            _sorted &= _times.Count == 0 || time >= _times[^1] || shape.CountColumn >= 0;
            _times.Add(time);
            return null;
        }

        private static TraceProblem Gap(int line, string message) => new(line, message, "Write 0 where nothing was asked for, or leave the gap out of the file.");

        private static string Quoted(string text) => '\'' + (text.Length <= 40 ? text : text[..39] + "…") + '\'';
    }

    private static bool TryJson(string line, out double time)
    {
        time = 0;
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object && TryJson(document.RootElement, out time);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool TryJson(JsonElement entry, out double time)
    {
        time = 0;
        foreach (var name in JsonTimes)
        {
            if (entry.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number)
            {
                var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
                return TraceTime.TryAny(text, out time) || TraceTime.TryLog($"[{text}]", out time);
            }
        }
        return false;
    }
}
