using System.Globalization;

namespace Homeostat.Benchmarks.Wake;

/// <summary>Reads the gateway's Server-Timing field.</summary>
internal static class ServerTiming
{
    /// <summary>running, frozen, restored or cold; <c>none</c> when the field is missing.</summary>
    public static string WakeWay(string head)
    {
        foreach (var line in head.Split("\r\n").Where(l => l.StartsWith("Server-Timing:", StringComparison.OrdinalIgnoreCase)))
        {
            var wake = line.IndexOf("wake;", StringComparison.Ordinal);
            var begin = wake < 0 ? -1 : line.IndexOf("desc=\"", wake, StringComparison.Ordinal);
            if (begin >= 0)
            {
                return line[(begin + 6)..].Split('"')[0];
            }
        }

        return "none";
    }

    /// <summary>The field's entries with their <c>dur</c> in milliseconds.</summary>
    public static IEnumerable<(string Name, double Milliseconds)> Durations(string head) =>
        from line in head.Split("\r\n")
        where line.StartsWith("Server-Timing:", StringComparison.OrdinalIgnoreCase)
        from entry in line["Server-Timing:".Length..].Split(',')
        let parts = entry.Trim().Split(';')
        from part in parts
        where part.StartsWith("dur=", StringComparison.Ordinal)
        select (parts[0], double.Parse(part.AsSpan(4), CultureInfo.InvariantCulture));
}
