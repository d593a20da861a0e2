namespace Homeostat.Server.Forwarding.Http1;

/// <summary>
/// Reads a response head of a program. As strict as with requests about framing (anything unclear becomes 502), lenient only with LF as line end,
/// which many CGI programs write: the head is written anew, so nobody behind the gateway sees it.
/// </summary>
internal static class ResponseParser
{
    /// <summary>Parses a complete head.</summary>
    /// <param name="toHead">The request was HEAD: no body follows whatever the fields say.</param>
    /// <returns>Null, or in words for a person what is wrong with it.</returns>
    public static string? Parse(ReadOnlySpan<byte> head, int fieldsMax, bool toHead, ResponseHead into)
    {
        into.Clear();
        var lineEnd = head.IndexOf((byte)'\n');
        var line = head[..lineEnd];
        if (line.EndsWith("\r"u8))
            line = line[..^1];
        if (!StatusLine(line, into))
            return "its status line is not HTTP/1.1 or HTTP/1.0, three digits and a reason";
        var end = head.Length - (head.EndsWith("\r\n"u8) ? 2 : 1);
        if (into.Fields.Read(head, lineEnd + 1, end, fieldsMax, lineFeeds: true) is { } refusal)
            return "its header is malformed: " + refusal.Detail;
        return Framing(head, toHead, into);
    }

    private static bool StatusLine(ReadOnlySpan<byte> line, ResponseHead into)
    {
        if (line.Length < 12 || !(line.StartsWith("HTTP/1.1 "u8) || line.StartsWith("HTTP/1.0 "u8)))
            return false;
        if (line[9..12].ContainsAnyExcept(Octets.Digit) || line.Length > 12 && line[12] != ' ')
            return false;
        into.KeepAlive = line[7] == '1';
        into.Status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
        into.Reason = line.Length > 13 ? new(13, line.Length - 13) : default;
        return into.Status is >= 100 and <= 599 && !into.Reason.Of(line).ContainsAny(Octets.NotInValue);
    }

    private static string? Framing(ReadOnlySpan<byte> head, bool toHead, ResponseHead into)
    {
        var chunked = false;
        var version11 = into.KeepAlive;
        var close = false;
        foreach (ref var field in into.Fields.Items)
        {
            var value = field.Value(head);
            switch (field.Known)
            {
                case KnownField.ContentLength:
                    if (!RequestParser.TryLength(value, out var length) || into.HasLength && length != into.ContentLength)
                        return "its Content-Length is not one decimal number";
                    (into.ContentLength, into.HasLength) = (length, true);
                    break;
                case KnownField.TransferEncoding:
                    if (chunked || !version11 || !Octets.Same(value, "chunked"u8))
                        return "its Transfer-Encoding is not chunked, sent once, in HTTP/1.1";
                    chunked = true;
                    break;
                case KnownField.Upgrade:
                    into.Upgrade = new(field.ValueAt, field.ValueLength);
                    break;
                case KnownField.Connection:
                    ReadConnection(head, value, into, version11, ref close);
                    break;
            }
        }

        if (chunked && into.HasLength)
            return "it has both Content-Length and Transfer-Encoding";
        Body(into, toHead, chunked);
        into.KeepAlive &= !close && into.Body != BodyKind.UntilClose;
        return null;
    }

    /// <summary>RFC 9112 6.3, in its order.</summary>
    private static void Body(ResponseHead into, bool toHead, bool chunked)
    {
        if (toHead || into.Status is < 200 or 204 or 304)
        {
            into.Body = BodyKind.None;
            // Programs do send the body they announced, HEAD or not; it would be taken for the next response.
            into.KeepAlive &= !chunked && into.ContentLength == 0;
        }
        else if (chunked)
            into.Body = BodyKind.Chunked;
        else if (into.HasLength)
            into.Body = into.ContentLength > 0 ? BodyKind.Length : BodyKind.None;
        else
            into.Body = BodyKind.UntilClose;
    }

    private static void ReadConnection(ReadOnlySpan<byte> head, ReadOnlySpan<byte> list, ResponseHead into, bool version11, ref bool close)
    {
        while (Octets.NextElement(ref list, out var option))
        {
            if (Octets.Same(option, "close"u8))
                close = true;
            else if (Octets.Same(option, "keep-alive"u8))
                into.KeepAlive |= !version11;
            else if (!option.IsEmpty && !Octets.Same(option, "upgrade"u8))
            {
                foreach (ref var field in into.Fields.Items)
                    field.Nominated |= System.Text.Ascii.EqualsIgnoreCase(field.Name(head), option);
            }
        }
    }
}
