using System.Globalization;

namespace Homeostat.Core.Replay.Traces;

/// <summary>Times as they stand in traces, to seconds since 1970 (UTC).</summary>
internal static class TraceTime
{
    /// <summary>From here on a number is seconds since 1970 (September 2001): below it may be anything.</summary>
    private const double EpochMin = 1e9;
    private const double EpochMax = 1e10;

    /// <summary><c>2023-11-16 18:15:46.68</c>, <c>2023-11-16T18:15:46Z</c>, with an offset or none (then UTC).</summary>
    public static bool TryIso(ReadOnlySpan<char> text, out double seconds)
    {
        seconds = 0;
        // The library takes much else for a date: 1.5 is one.
        if (text.Length < 10 || text[4] != '-' || text[7] != '-' || !char.IsAsciiDigit(text[0]))
        {
            return false;
        }
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return false;
        }
        seconds = Seconds(time);
        return true;
    }

    /// <summary>Seconds since 1970 with or without a fraction, milliseconds, microseconds or nanoseconds, told apart by their size.</summary>
    public static bool TryEpoch(ReadOnlySpan<char> text, out double seconds)
    {
        if (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out seconds))
        {
            return false;
        }
        for (var scale = 0; scale < 3 && seconds >= EpochMax * 10; scale++)
        {
            seconds /= 1000;
        }
        return seconds is >= EpochMin and < EpochMax;
    }

    public static bool TryAny(ReadOnlySpan<char> text, out double seconds) => TryIso(text, out seconds) || TryEpoch(text, out seconds);

    /// <summary>The bracketed time of the Common Log Format: <c>10/Oct/2000:13:55:36 -0700</c>.</summary>
    public static bool TryLog(ReadOnlySpan<char> line, out double seconds)
    {
        seconds = 0;
        var open = line.IndexOf('[');
        var length = open < 0 ? -1 : line[(open + 1)..].IndexOf(']');
        if (length <= 0 || !DateTimeOffset.TryParseExact(
            line.Slice(open + 1, length), "d/MMM/yyyy:HH:mm:ss zzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            return false;
        }
        seconds = Seconds(time);
        return true;
    }

    public static string Show(double seconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000)).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static double Seconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / (double)TimeSpan.TicksPerSecond;
}
