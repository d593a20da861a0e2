using System.Text;

namespace Homeostat.Server.Tests.Forwarding;

/// <summary>An HTTP/1.1 message as the strictest reader sees it. Text is Latin-1, so that every octet is one character.</summary>
internal sealed record RawMessage(string StartLine, IReadOnlyList<KeyValuePair<string, string>> Fields, string Body, IReadOnlyList<KeyValuePair<string, string>> Trailers)
{
    public int Status => int.Parse(StartLine.Split(' ')[1]);

    /// <summary>The values of all fields of that name, joined as RFC 9110 5.3 allows; null when there is none.</summary>
    public string? this[string name]
    {
        get
        {
            var values = Fields.Where(f => f.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(f => f.Value).ToList();
            return values.Count == 0 ? null : string.Join(", ", values);
        }
    }

    /// <summary>Everything in one text, for comparing readings.</summary>
    public override string ToString() =>
        $"{StartLine}\n{string.Concat(Fields.Select(f => $"{f.Key}: {f.Value}\n"))}\n{Body}{string.Concat(Trailers.Select(f => $"\n[{f.Key}: {f.Value}]"))}";
}

/// <summary>
/// Reads messages octet for octet, with nothing of the product in it: CR LF only, no folding, one length. Whatever the gateway writes must be readable
/// by this. A message that is not throws <see cref="FormatException"/>.
/// </summary>
internal sealed class RawReader(Stream stream)
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>The start line and fields; null at the end of the stream before any octet.</summary>
    public async Task<RawMessage?> ReadHeadAsync(CancellationToken cancel)
    {
        if (!await FillAsync(cancel))
            return null;
        var line = await ReadLineAsync(cancel);
        return new RawMessage(line, await ReadFieldsAsync(cancel), "", []);
    }

    /// <summary>A whole request; null at the end of the stream.</summary>
    public async Task<RawMessage?> ReadRequestAsync(CancellationToken cancel)
    {
        var head = await ReadHeadAsync(cancel);
        return head is null ? null : await ReadBodyAsync(head, untilClose: false, cancel);
    }

    /// <summary>A whole final response; interim ones are skipped.</summary>
    public async Task<RawMessage> ReadResponseAsync(bool toHead, CancellationToken cancel)
    {
        while (true)
        {
            var head = await ReadHeadAsync(cancel) ?? throw new EndOfStreamException("the connection ended before a response");
            if (head.Status is >= 100 and < 200 and not 101)
                continue;
            return toHead || head.Status is 101 or 204 or 304 ? head : await ReadBodyAsync(head, untilClose: true, cancel);
        }
    }

    public async Task<RawMessage> ReadBodyAsync(RawMessage head, bool untilClose, CancellationToken cancel)
    {
        var (length, coding) = (head["Content-Length"], head["Transfer-Encoding"]);
        if (length is not null && coding is not null)
            throw new FormatException("both lengths");
        if (coding is not null)
            return await ReadChunkedAsync(head, coding, cancel);
        if (length is not null)
            return head with { Body = await ReadExactlyAsync(checked((int)long.Parse(length, System.Globalization.NumberStyles.None)), cancel) };
        return untilClose ? head with { Body = await ReadToEndAsync(cancel) } : head;
    }

    public async Task<string> ReadToEndAsync(CancellationToken cancel)
    {
        var text = new StringBuilder();
        while (await FillAsync(cancel))
        {
            text.Append(Encoding.Latin1.GetString(_buffer, _start, _end - _start));
            _start = _end;
        }

        return text.ToString();
    }

    public async Task<string> ReadExactlyAsync(int length, CancellationToken cancel)
    {
        var text = new StringBuilder(length);
        while (text.Length < length)
        {
            if (!await FillAsync(cancel))
                throw new EndOfStreamException($"the body ended after {text.Length} of {length} octets");
            var take = Math.Min(length - text.Length, _end - _start);
            text.Append(Encoding.Latin1.GetString(_buffer, _start, take));
            _start += take;
        }

        return text.ToString();
    }

    /// <summary>The next chunk; empty for the last one, whose trailers are left unread.</summary>
    public async Task<string> ReadChunkAsync(CancellationToken cancel)
    {
        var size = await ReadLineAsync(cancel);
        if (size.Length is 0 or > 8 || !size.All(char.IsAsciiHexDigit))
            throw new FormatException($"chunk size '{size}'");
        var length = Convert.ToInt32(size, 16);
        if (length == 0)
            return "";
        var data = await ReadExactlyAsync(length, cancel);
        return await ReadLineAsync(cancel) == "" ? data : throw new FormatException("no CR LF after a chunk");
    }

    private async Task<RawMessage> ReadChunkedAsync(RawMessage head, string coding, CancellationToken cancel)
    {
        if (coding != "chunked")
            throw new FormatException($"transfer coding '{coding}'");
        var body = new StringBuilder();
        while (await ReadChunkAsync(cancel) is { Length: > 0 } data)
            body.Append(data);
        return head with { Body = body.ToString(), Trailers = await ReadFieldsAsync(cancel) };
    }

    private async Task<List<KeyValuePair<string, string>>> ReadFieldsAsync(CancellationToken cancel)
    {
        var fields = new List<KeyValuePair<string, string>>();
        while (await ReadLineAsync(cancel) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || line[..colon].Any(c => c <= ' ' || c >= 127) || line.Any(c => c < ' ' && c != '\t'))
                throw new FormatException($"field line '{line}'");
            fields.Add(new(line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
        }

        return fields;
    }

    private async Task<string> ReadLineAsync(CancellationToken cancel)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (!await FillAsync(cancel))
                throw new EndOfStreamException($"the stream ended within a line: '{line}'");
            var octet = (char)_buffer[_start++];
            if (octet == '\n')
                return line.Length > 0 && line[^1] == '\r' ? line.ToString(0, line.Length - 1) : throw new FormatException($"LF alone after '{line}'");
            line.Append(octet);
        }
    }

    private async Task<bool> FillAsync(CancellationToken cancel)
    {
        if (_start < _end)
            return true;
        _start = 0;
        _end = await stream.ReadAsync(_buffer, cancel);
        return _end > 0;
    }
}
