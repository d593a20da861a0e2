using System.Globalization;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;

namespace Homeostat.Drivers.Runtime.Oci.Logs;

/// <summary>Puts the parts of long lines together, per stream.</summary>
internal sealed class LogParser(InstanceId instance)
{
    private readonly Dictionary<string, string> _begun = [];

    /// <summary>The line that is complete now; null for a part, and for what is no log line (a write cut off by a full disk).</summary>
    public LogLine? Add(string text)
    {
        var fields = text.Split(' ', 4);
        if (fields.Length < 3
            || !DateTimeOffset.TryParse(fields[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at))
        {
            return null;
        }

        var (stream, rest) = (fields[1], fields.Length == 4 ? fields[3] : "");
        var whole = _begun.Remove(stream, out var begun) ? begun + rest : rest;
        if (fields[2] == "P")
        {
            _begun[stream] = whole;
            return null;
        }

        return new LogLine(at, instance, stream, whole);
    }
}
