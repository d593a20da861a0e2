namespace Homeostat.Server.Forwarding.Http1;

/// <summary>The request target (RFC 9112 3.2) and the host it is for.</summary>
internal static class RequestTarget
{
    private const int HostMax = 255;
    private const int LiteralMax = 48;

    /// <summary>
    /// Accepts the origin form, the asterisk form of OPTIONS, and the absolute form if it names the same authority as the Host field.
    /// RFC 9112 3.2.2 would let the target win over a different Host; one of the two would then have been routed by somebody else, so it is refused.
    /// </summary>
    public static Refusal? Read(ReadOnlySpan<byte> head, Span8 target, RequestHead into)
    {
        var bytes = target.Of(head);
        into.Target = target;
        if (bytes[0] != '/')
        {
            var refusal = bytes.SequenceEqual("*"u8) ? Asterisk(head, into) : Absolute(head, target, into);
            if (refusal is not null)
                return refusal;
        }

        if (into.Authority.Length == 0)
            return null;
        return ReadHost(into.Authority.Of(head), out var name) ? Accept(into, name) : Refusals.Host;
    }

    private static Refusal? Accept(RequestHead into, int name)
    {
        into.HostName = into.Authority with { Length = name };
        return null;
    }

    private static Refusal? Asterisk(ReadOnlySpan<byte> head, RequestHead into) =>
        into.Method.Of(head).SequenceEqual("OPTIONS"u8) ? null : Refusals.Target;

    private static Refusal? Absolute(ReadOnlySpan<byte> head, Span8 target, RequestHead into)
    {
        var bytes = target.Of(head);
        var scheme = Prefix(bytes, "http://"u8) ? 7 : Prefix(bytes, "https://"u8) ? 8 : 0;
        if (scheme == 0)
            return Refusals.Target;
        var rest = bytes[scheme..];
        var slash = rest.IndexOfAny((byte)'/', (byte)'?');
        var authority = slash < 0 ? rest : rest[..slash];
        if (into.Authority.Length > 0 && !Octets.Same(authority, into.Authority.Of(head)))
            return Refusals.TargetMismatch;
        // Also an HTTP/1.0 request without Host says here whom it is for.
        into.Authority = new(target.At + scheme, authority.Length);
        if (authority.IsEmpty)
            return Refusals.Host;
        if (slash >= 0 && rest[slash] == '?')
            return Refusals.Target;
        into.Target = slash < 0 ? default : new(target.At + scheme + slash, rest.Length - slash);
        return null;
    }

    private static bool Prefix(ReadOnlySpan<byte> value, ReadOnlySpan<byte> prefix) =>
        value.Length >= prefix.Length && Octets.Same(value[..prefix.Length], prefix);

    /// <summary>Checks <c>name[:port]</c> or <c>[address][:port]</c> and finds the length of the host part without a trailing dot.</summary>
    private static bool ReadHost(ReadOnlySpan<byte> authority, out int name)
    {
        name = 0;
        int end;
        if (authority[0] == '[')
        {
            end = authority.IndexOf((byte)']') + 1;
            if (end is < 4 or > LiteralMax || authority[1..(end - 1)].ContainsAnyExcept(Octets.HostLiteral))
                return false;
            name = end;
        }
        else
        {
            var colon = authority.IndexOf((byte)':');
            end = colon < 0 ? authority.Length : colon;
            if (end is 0 or > HostMax || authority[..end].ContainsAnyExcept(Octets.HostName))
                return false;
            name = end > 1 && authority[end - 1] == '.' ? end - 1 : end;
        }

        var port = authority[end..];
        if (port.IsEmpty)
            return true;
        return port[0] == ':' && port.Length <= 6 && !port[1..].ContainsAnyExcept(Octets.Digit)
            && (port.Length == 1 || int.Parse(port[1..], System.Globalization.CultureInfo.InvariantCulture) <= 65535);
    }
}
