using System.Text;

namespace Homeostat.Core.Services;

/// <summary>The rule of service and tenant names (RFC 1035 2.3.1, lower case).</summary>
public static class DnsLabel
{
    public const int LengthMax = 63;

    public static bool IsValid(string name) =>
        name.Length is > 0 and <= LengthMax && name[0] != '-' && name[^1] != '-' && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <summary>A valid name near to what was written, or null when nothing of it is left.</summary>
    public static string? Suggest(string written)
    {
        var name = new StringBuilder();
        foreach (var c in written.ToLowerInvariant().Take(LengthMax))
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))
            {
                name.Append(c);
            }
            else if (name.Length > 0 && name[^1] != '-')
            {
                name.Append('-');
            }
        }
        var text = name.ToString().Trim('-');
        return IsValid(text) ? text : null;
    }
}
