using System.Buffers.Text;

namespace Homeostat.Server.Forwarding.Http1;

/// <summary>
/// Reads a request head. Whatever RFC 9112 lets two recipients read differently is refused, not repaired: the head that is forwarded is written anew
/// from what was understood here, so the program behind sees exactly the request that was routed.
/// </summary>
internal static class RequestParser
{
    private const int MethodMax = 32;

    /// <summary>Parses a complete head.</summary>
    /// <param name="head">From the first octet of the request line to the end of the empty line.</param>
    /// <param name="fieldsMax">Fields allowed; more are refused with 431.</param>
    /// <returns>Null, or why it is refused. After a refusal <paramref name="into"/> still tells whether it was a HEAD request.</returns>
    public static Refusal? Parse(ReadOnlySpan<byte> head, int fieldsMax, RequestHead into)
    {
        into.Clear();
        var lineEnd = head.IndexOf("\r\n"u8);
        if (lineEnd < 0)
            return Refusals.BareLineFeed;
        return RequestLine(head[..lineEnd], into, out var target)
            ?? into.Fields.Read(head, lineEnd + 2, head.Length - 2, fieldsMax, lineFeeds: false)
            ?? RequestFields.Read(head, into)
            ?? RequestTarget.Read(head, target, into);
    }

    private static Refusal? RequestLine(ReadOnlySpan<byte> line, RequestHead into, out Span8 target)
    {
        target = default;
        var space = line.IndexOf((byte)' ');
        if (space < 0 ? line.Length > MethodMax : space > MethodMax)
            return Refusals.MethodUnknown;
        if (space <= 0)
            return Refusals.RequestLine;
        var method = line[..space];
        if (method.ContainsAnyExcept(Octets.Token))
            return Refusals.Method;
        into.Method = new(0, space);
        into.IsHead = method.SequenceEqual("HEAD"u8);

        var rest = line[(space + 1)..];
        var second = rest.IndexOf((byte)' ');
        if (second <= 0)
            return Refusals.RequestLine;
        target = new(space + 1, second);
        if (rest[..second].ContainsAny(Octets.NotInTarget))
            return Refusals.Target;
        var refusal = Version(rest[(second + 1)..], into);
        if (refusal is null && (method.SequenceEqual("CONNECT"u8) || method.SequenceEqual("TRACE"u8)))
            return Refusals.MethodUnknown;
        return refusal;
    }

    /// <summary>A higher minor version than ours is our highest (RFC 9110 2.5): it may say more, but means nothing else.</summary>
    private static Refusal? Version(ReadOnlySpan<byte> version, RequestHead into)
    {
        var wellFormed = version.Length == 8 && version.StartsWith("HTTP/"u8) && version[6] == '.'
            && Octets.Digit.Contains(version[5]) && Octets.Digit.Contains(version[7]);
        if (!wellFormed)
            return Refusals.RequestLine;
        if (version[5] != '1')
            return Refusals.Version;
        into.Minor = version[7] == '0' ? 0 : 1;
        into.KeepAlive = into.Minor == 1;
        return null;
    }

    /// <summary>Reads a Content-Length: digits only, no sign, no list (RFC 9110 8.6 allows refusing repeated equal values, and we do).</summary>
    public static bool TryLength(ReadOnlySpan<byte> value, out long length)
    {
        length = 0;
        return value.Length is > 0 and <= 19 && !value.ContainsAnyExcept(Octets.Digit)
            && Utf8Parser.TryParse(value, out length, out var used) && used == value.Length && length >= 0;
    }
}
