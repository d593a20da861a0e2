namespace Homeostat.Server.Forwarding.Http1;

/// <summary>Understands the fields that decide how a request is framed and forwarded (RFC 9112 6, RFC 9110 7.6, 7.8, 10.1.1).</summary>
internal static class RequestFields
{
    private const int RequestIdMax = 128;

    public static Refusal? Read(ReadOnlySpan<byte> head, RequestHead into)
    {
        var seen = default(Seen);
        foreach (ref var field in into.Fields.Items)
        {
            if (field.Known is KnownField.Other or KnownField.HopByHop or KnownField.Forwarding or KnownField.TraceState)
                continue;
            if (One(head, field, into, ref seen) is { } refusal)
                return refusal;
        }

        return Framing(into, seen) ?? Connection(head, into, seen) ?? Ids(head, into, seen);
    }

    private struct Seen
    {
        public int Host;
        public int Length;
        public int Coding;
        public int Ids;
        public int Traces;
        public bool Connection;
        public Span8 Upgrade;
        public int Upgrades;
        public bool Expects;
    }

    private static Refusal? One(ReadOnlySpan<byte> head, in Field field, RequestHead into, ref Seen seen)
    {
        var value = field.Value(head);
        var place = new Span8(field.ValueAt, field.ValueLength);
        switch (field.Known)
        {
            case KnownField.Host:
                into.Authority = place;
                if (++seen.Host > 1)
                    return Refusals.TwoHosts;
                return value.IsEmpty ? Refusals.Host : null;
            case KnownField.ContentLength:
                if (++seen.Length > 1 || !RequestParser.TryLength(value, out var length))
                    return Refusals.ContentLength;
                into.ContentLength = length;
                return null;
            case KnownField.TransferEncoding:
                return ++seen.Coding > 1 ? Refusals.TransferEncoding : Coding(value);
            case KnownField.Expect:
                seen.Expects = true;
                return Octets.Same(value, "100-continue"u8) ? null : Refusals.Expectation;
            case KnownField.TE:
                into.WantsTrailers |= HasToken(value, "trailers"u8);
                return null;
            case KnownField.Connection:
                seen.Connection = true;
                return null;
            case KnownField.Upgrade:
                (seen.Upgrade, seen.Upgrades) = (place, seen.Upgrades + 1);
                return null;
            case KnownField.RequestId:
                (into.RequestId, seen.Ids) = (place, seen.Ids + 1);
                return null;
            case KnownField.TraceParent:
                (into.TraceParent, seen.Traces) = (place, seen.Traces + 1);
                return null;
            default:
                return null;
        }
    }

    /// <summary>Only <c>chunked</c>, once. A well-formed list with another coding is one we don't implement (501, RFC 9112 6.1), the rest is malformed.</summary>
    private static Refusal? Coding(ReadOnlySpan<byte> value)
    {
        if (Octets.Same(value, "chunked"u8))
            return null;
        var rest = value;
        var (chunked, others, chunkedLast) = (0, 0, false);
        while (Octets.NextElement(ref rest, out var element))
        {
            if (element.IsEmpty || element.ContainsAnyExcept(Octets.Token))
                return Refusals.TransferEncoding;
            chunkedLast = Octets.Same(element, "chunked"u8);
            chunked += chunkedLast ? 1 : 0;
            others += chunkedLast ? 0 : 1;
        }

        var understandable = others > 0 && (chunked == 0 || chunked == 1 && chunkedLast);
        return understandable ? Refusals.TransferCoding : Refusals.TransferEncoding;
    }

    private static Refusal? Framing(RequestHead into, in Seen seen)
    {
        if (seen.Host == 0 && into.Minor == 1)
            return Refusals.NoHost;
        if (seen.Length > 0 && seen.Coding > 0)
            return Refusals.BothLengths;
        // RFC 9112 6.1: an HTTP/1.0 message with Transfer-Encoding has faulty framing.
        if (seen.Coding > 0 && into.Minor == 0)
            return Refusals.TransferEncoding;
        into.Body = seen.Coding > 0 ? BodyKind.Chunked : into.ContentLength > 0 ? BodyKind.Length : BodyKind.None;
        // RFC 9110 10.1.1: ignored in HTTP/1.0, and without a body there is nothing to wait for.
        into.ExpectContinue = seen.Expects && into.Minor == 1 && into.Body != BodyKind.None;
        return null;
    }

    private static Refusal? Connection(ReadOnlySpan<byte> head, RequestHead into, in Seen seen)
    {
        var upgrade = false;
        var close = false;
        if (seen.Connection)
        {
            foreach (ref var field in into.Fields.Items)
            {
                if (field.Known != KnownField.Connection)
                    continue;
                var rest = field.Value(head);
                while (Octets.NextElement(ref rest, out var option))
                {
                    if (Option(head, option, into, ref upgrade, ref close) is { } refusal)
                        return refusal;
                }
            }
        }

        into.KeepAlive &= !close;
        // h2c is not an upgrade of this one request but a way around the gateway; with a body the switch would come in the middle of it.
        // RFC 9110 7.8 lets a server ignore an Upgrade, so both are ordinary requests.
        if (upgrade && seen.Upgrades == 1 && into is { Minor: 1, Body: BodyKind.None } && !HasToken(seen.Upgrade.Of(head), "h2c"u8))
            into.Upgrade = seen.Upgrade;
        return null;
    }

    private static Refusal? Option(ReadOnlySpan<byte> head, ReadOnlySpan<byte> option, RequestHead into, ref bool upgrade, ref bool close)
    {
        if (option.IsEmpty)
            return null;
        if (option.ContainsAnyExcept(Octets.Token))
            return Refusals.Connection;
        if (Octets.Same(option, "close"u8))
            close = true;
        else if (Octets.Same(option, "keep-alive"u8))
            into.KeepAlive |= into.Minor == 0;
        else if (Octets.Same(option, "upgrade"u8))
            upgrade = true;
        else if (KnownFields.Find(option) is KnownField.Host or KnownField.ContentLength or KnownField.TransferEncoding)
            return Refusals.Connection;
        else
            Nominate(head, option, into);
        return null;
    }

    private static void Nominate(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name, RequestHead into)
    {
        foreach (ref var field in into.Fields.Items)
            field.Nominated |= field.NameLength == name.Length && System.Text.Ascii.EqualsIgnoreCase(field.Name(head), name);
    }

    private static Refusal? Ids(ReadOnlySpan<byte> head, RequestHead into, in Seen seen)
    {
        var id = into.RequestId.Of(head);
        if (seen.Ids != 1 || id.Length is 0 or > RequestIdMax || id.ContainsAnyExcept(Octets.RequestId))
            into.RequestId = default;
        if (seen.Traces != 1 || !Tracing.IsTraceParent(into.TraceParent.Of(head)))
            into.TraceParent = default;
        return null;
    }

    private static bool HasToken(ReadOnlySpan<byte> list, ReadOnlySpan<byte> token)
    {
        while (Octets.NextElement(ref list, out var element))
        {
            if (Octets.Same(element, token))
                return true;
        }

        return false;
    }
}
