using System.Diagnostics.CodeAnalysis;

namespace Homeostat.Core.Routing;

/// <summary>Path prefixes of routes in one form: begins with <c>/</c>, does not end with it (except <c>/</c> itself).</summary>
public static class PathPrefix
{
    private const int LengthMax = 1000;

    public static bool TryNormalize(string written, [NotNullWhen(true)] out string? prefix, [NotNullWhen(false)] out string? reason)
    {
        prefix = null;
        reason = Refusal(written);
        if (reason is not null)
        {
            return false;
        }
        prefix = written.Length > 1 && written.EndsWith('/') ? written[..^1] : written;
        return true;
    }

    /// <summary>Whether the prefix covers the path: equal, or the path goes on with a new segment.</summary>
    public static bool Covers(string prefix, ReadOnlySpan<char> path) =>
        prefix.Length == 1 || (path.StartsWith(prefix, StringComparison.Ordinal) && (path.Length == prefix.Length || path[prefix.Length] == '/'));

    private static string? Refusal(string written)
    {
        if (!written.StartsWith('/') || written.Length > LengthMax)
        {
            return $"it must begin with / and have at most {LengthMax} characters";
        }
        if (!written.All(c => c is > ' ' and < '\x7f' and not ('?' or '#' or '*' or '\\')))
        {
            return "it must be a plain path prefix: no query, fragment, * or space, percent-encoded beyond ASCII";
        }
        return written.Contains("//", StringComparison.Ordinal) || written.Split('/').Any(s => s is "." or "..")
            ? "it must not have empty, . or .. segments"
            : null;
    }
}
