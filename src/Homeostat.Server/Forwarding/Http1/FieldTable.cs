namespace Homeostat.Server.Forwarding.Http1;

/// <summary>Where a field is in its head. Offsets into the bytes of the head, so that nothing is copied or turned into strings.</summary>
internal struct Field
{
    public int NameAt;
    public int NameLength;
    public int ValueAt;
    public int ValueLength;
    public KnownField Known;

    /// <summary>Named by the Connection field: belongs to this hop and is not forwarded.</summary>
    public bool Nominated;

    public readonly ReadOnlySpan<byte> Name(ReadOnlySpan<byte> head) => head.Slice(NameAt, NameLength);

    public readonly ReadOnlySpan<byte> Value(ReadOnlySpan<byte> head) => head.Slice(ValueAt, ValueLength);
}

/// <summary>The fields of one head in the order received. Reused from message to message; not for concurrent use.</summary>
internal sealed class FieldTable
{
    private Field[] _fields = new Field[24];

    public int Count { get; private set; }

    public Span<Field> Items => _fields.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Add(in Field field)
    {
        if (Count == _fields.Length)
            Array.Resize(ref _fields, Count * 2);
        _fields[Count++] = field;
    }

    /// <summary>
    /// Reads field lines up to and without the empty line that ends them (RFC 9112 5). Strict: no folding, no white space before a colon, no
    /// control characters. <paramref name="at"/> is where the first line begins, <paramref name="end"/> where the empty line does.
    /// </summary>
    /// <param name="lineFeeds">Accept LF alone as line end: responses of programs, whose heads are written anew anyway.</param>
    public Refusal? Read(ReadOnlySpan<byte> head, int at, int end, int fieldsMax, bool lineFeeds)
    {
        Clear();
        while (at < end)
        {
            var line = head[at..end];
            var feed = line.IndexOf((byte)'\n');
            var next = at + (feed < 0 ? line.Length : feed + 1);
            if (feed >= 0)
            {
                line = line[..feed];
                if (line.EndsWith("\r"u8))
                    line = line[..^1];
                else if (!lineFeeds)
                    return Refusals.BareLineFeed;
            }

            if (line.IsEmpty || line[0] is (byte)' ' or (byte)'\t')
                return Refusals.Folded;
            if (Count >= fieldsMax)
                return Refusals.TooManyFields;
            if (ReadLine(line, at) is { } refusal)
                return refusal;
            at = next;
        }

        return null;
    }

    private Refusal? ReadLine(ReadOnlySpan<byte> line, int at)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].ContainsAnyExcept(Octets.Token))
            return Refusals.FieldName;
        var raw = line[(colon + 1)..];
        if (raw.ContainsAny(Octets.NotInValue))
            return Refusals.FieldValue;
        var left = raw.TrimStart(" \t"u8);
        Add(new Field
        {
            NameAt = at,
            NameLength = colon,
            ValueAt = at + line.Length - left.Length,
            ValueLength = left.TrimEnd(" \t"u8).Length,
            Known = KnownFields.Find(line[..colon]),
        });
        return null;
    }
}
