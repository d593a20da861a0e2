using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Homeostat.Core.Routing;

/// <summary>Hosts of routes in one form: lower case, punycode, without trailing dot; <c>*.domain</c> stands for one or more labels before the domain.</summary>
public static class HostName
{
    private const int LengthMax = 253;
    private static readonly IdnMapping Idn = new();

    /// <summary>Turns a host as written into its one form, or says why it is none.</summary>
    /// <param name="reason">A clause for a person: <c>it must not have a port</c>.</param>
    public static bool TryNormalize(string written, [NotNullWhen(true)] out string? host, [NotNullWhen(false)] out string? reason)
    {
        host = null;
        reason = Refusal(written);
        if (reason is not null)
        {
            return false;
        }
        var wildcard = written.StartsWith("*.", StringComparison.Ordinal);
        var name = (wildcard ? written[2..] : written).TrimEnd('.');
        if (!TryToAscii(name, out var ascii) || ascii.Length > LengthMax || !ascii.Split('.').All(IsLabel))
        {
            reason = "it must be labels of letters, digits, - and _, 1..63 each, with dots between them";
            return false;
        }
        host = wildcard ? "*." + ascii : ascii;
        return true;
    }

    /// <summary>Lower case and punycode; false for what has no such form.</summary>
    internal static bool TryToAscii(string name, [NotNullWhen(true)] out string? ascii)
    {
        ascii = null;
        var lower = name.ToLowerInvariant();
        if (lower.All(char.IsAscii))
        {
            ascii = lower;
            return true;
        }
        try
        {
            ascii = Idn.GetAscii(lower);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string? Refusal(string written)
    {
        if (written.Contains("://", StringComparison.Ordinal) || written.Contains('/'))
        {
            return "it must be a host only, without scheme or path";
        }
        if (written.Contains(':'))
        {
            return "it must not have a port";
        }
        if (written.Length > 1 && written.EndsWith("..", StringComparison.Ordinal))
        {
            return "it must not end with two dots";
        }
        var star = written.LastIndexOf('*');
        return star > 0 || (star == 0 && !written.StartsWith("*.", StringComparison.Ordinal))
            ? "a * stands only for the first label, as in *.example.org"
            : null;
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-'
        && label.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_');
}
