using System.Buffers;

namespace Homeostat.Server.Forwarding.Http1;

/// <summary>The character classes of RFC 9110 5.6 and RFC 9112 3, as sets of octets that are searched with vector instructions.</summary>
internal static class Octets
{
    /// <summary>tchar: method names and field names.</summary>
    public static readonly SearchValues<byte> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Never part of a field value: every control character except HTAB. CR, LF and NUL among them are what smuggling is made of.</summary>
    public static readonly SearchValues<byte> NotInValue = SearchValues.Create(Controls(except: 9));

    /// <summary>Never part of a request target: controls, space, DEL, everything above ASCII, and the fragment sign.</summary>
    public static readonly SearchValues<byte> NotInTarget =
        SearchValues.Create([.. Controls(except: -1), (byte)' ', (byte)'#', .. Enumerable.Range(128, 128).Select(i => (byte)i)]);

    /// <summary>Characters of a host name as DNS and its users have them. Anything else in a Host is refused, so it can be copied into other fields.</summary>
    public static readonly SearchValues<byte> HostName =
        SearchValues.Create("-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Characters between the brackets of an IPv6 literal.</summary>
    public static readonly SearchValues<byte> HostLiteral = SearchValues.Create(":.0123456789ABCDEFabcdef"u8);

    /// <summary>What an X-Request-Id of a client may consist of to be passed on.</summary>
    public static readonly SearchValues<byte> RequestId =
        SearchValues.Create("-._~+/=:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    public static readonly SearchValues<byte> LowerHex = SearchValues.Create("0123456789abcdef"u8);

    public static readonly SearchValues<byte> Digit = SearchValues.Create("0123456789"u8);

    /// <summary>Strips optional white space (SP, HTAB) at both ends.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> value) => value.Trim(" \t"u8);

    /// <summary>Compares with a lower-case literal, ignoring the case of ASCII letters.</summary>
    public static bool Same(ReadOnlySpan<byte> value, ReadOnlySpan<byte> literal) => System.Text.Ascii.EqualsIgnoreCase(value, literal);

    /// <summary>Takes the next element of a comma-separated list, trimmed; false at the end. Empty elements are returned: callers refuse or skip them.</summary>
    public static bool NextElement(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> element)
    {
        element = default;
        if (rest.IsEmpty)
            return false;
        var comma = rest.IndexOf((byte)',');
        element = Trim(comma < 0 ? rest : rest[..comma]);
        rest = comma < 0 ? default : rest[(comma + 1)..];
        return true;
    }

    private static byte[] Controls(int except) =>
        [.. Enumerable.Range(0, 32).Where(i => i != except).Select(i => (byte)i), 127];
}
