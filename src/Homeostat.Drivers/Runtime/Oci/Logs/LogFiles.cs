using System.Globalization;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;

namespace Homeostat.Drivers.Runtime.Oci.Logs;

/// <summary>
/// Reads the log files that an instance's keeper writes: <c>log</c>, rotated to <c>log.1</c>, <c>log.2</c> ..., each line
/// <c>2026-01-02T03:04:05.678901Z stdout F text</c> (the format of Kubernetes' container runtimes; P instead of F: the line goes on in the next).
/// </summary>
internal sealed class LogFiles(InstanceId instance, string directory)
{
    /// <summary>The last <paramref name="count"/> complete lines, oldest first, over all files.</summary>
    public IReadOnlyList<LogLine> Tail(int count)
    {
        List<LogLine> lines = [];
        for (var n = 0; lines.Count < count; n++)
        {
            var path = PathOf(n);
            if (!File.Exists(path))
            {
                break;
            }

            var parser = new LogParser(instance);
            lines.InsertRange(0, ReadShared(path).Select(parser.Add).OfType<LogLine>());
        }

        return lines.Count <= count ? lines : lines[^count..];
    }

    /// <summary>The last lines as one text for a failure's message.</summary>
    public string Excerpt(int count) => string.Join(" | ", Tail(count).Select(line => line.Text.Trim()).Where(text => text.Length > 0));

    internal string PathOf(int n) => Path.Combine(directory, n == 0 ? "log" : string.Create(CultureInfo.InvariantCulture, $"log.{n}"));

    private static List<string> ReadShared(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream);
            List<string> lines = [];
            while (reader.ReadLine() is { } line)
            {
                lines.Add(line);
            }

            return lines;
        }
        catch (FileNotFoundException)
        {
            // Rotated away between the look and the open: its lines are in the next file.
            return [];
        }
    }
}
