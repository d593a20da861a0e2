namespace Homeostat.Server.Forwarding.Http1;

/// <summary>
/// Takes the chunked framing (RFC 9112 7.1) off a body that arrives in pieces. Extensions are checked and dropped, trailers kept aside.
/// </summary>
/// <remarks>
/// <code>
/// Size --digits--> Size --;--> Extension --CR--> SizeFeed --LF--> Data --> DataReturn --CR--> DataFeed --LF--> Size
///                                                  | size 0
///                                                  '--> Trailer --empty line--> Done
/// </code>
/// Each octet of framing is looked at one by one; there are few. Data is copied in blocks.
/// </remarks>
internal sealed class ChunkedDecoder
{
    /// <summary>Trailer section limit in bytes.</summary>
    public const int TrailerBytesMax = 8 * 1024;

    /// <summary>Longest size in digits: 15 digits are an exabyte and can't overflow.</summary>
    private const int DigitsMax = 15;

    /// <summary>Longest extension of one chunk, and of all chunks of a body together, in bytes: they cost work and carry nothing.</summary>
    private const int ExtensionMax = 256;
    private const int ExtensionsMax = 16 * 1024;

    private readonly FieldTable _fields = new();
    private State _state;
    private long _left;
    private int _digits;
    private int _extension;
    private int _extensions;
    private byte[] _trailer = [];
    private int _trailerLength;

    private enum State : byte
    {
        Size,
        Extension,
        SizeFeed,
        Data,
        DataReturn,
        DataFeed,
        Trailer,
        Done,
    }

    public bool IsDone => _state == State.Done;

    /// <summary>The trailer section as received, field lines only; empty without trailers. Valid until <see cref="Reset"/>.</summary>
    public ReadOnlySpan<byte> Trailer => _trailer.AsSpan(0, Math.Max(0, _trailerLength - 2));

    public FieldTable TrailerFields => _fields;

    public void Reset()
    {
        (_state, _left, _digits, _extension, _extensions, _trailerLength) = (State.Size, 0, 0, 0, 0, 0);
        _fields.Clear();
    }

    /// <summary>Decodes what is there. <paramref name="target"/> may be the beginning of <paramref name="source"/>: data only moves to the front.</summary>
    /// <returns>Null, or why the body is refused. Stops when the source is used up, the target full, or the body complete.</returns>
    public Refusal? Decode(ReadOnlySpan<byte> source, Span<byte> target, out int consumed, out int written)
    {
        (consumed, written) = (0, 0);
        while (consumed < source.Length && _state != State.Done)
        {
            if (_state == State.Data)
            {
                var length = (int)Math.Min(_left, Math.Min(source.Length - consumed, target.Length - written));
                if (length == 0)
                    return null;
                source.Slice(consumed, length).CopyTo(target[written..]);
                consumed += length;
                written += length;
                _left -= length;
                if (_left == 0)
                    _state = State.DataReturn;
            }
            else if (Frame(source[consumed++]) is { } refusal)
                return refusal;
        }

        return null;
    }

    private Refusal? Frame(byte octet) => _state switch
    {
        State.Size => Size(octet),
        State.Extension => Extension(octet),
        State.SizeFeed => octet == '\n' ? EndSize() : Refusals.ChunkSize,
        State.DataReturn => octet == '\r' ? Go(State.DataFeed) : Refusals.ChunkEnd,
        State.DataFeed => octet == '\n' ? Go(State.Size) : Refusals.ChunkEnd,
        _ => TrailerOctet(octet),
    };

    private Refusal? Go(State next)
    {
        _state = next;
        return null;
    }

    private Refusal? Size(byte octet)
    {
        var digit = octet switch
        {
            >= (byte)'0' and <= (byte)'9' => octet - '0',
            >= (byte)'a' and <= (byte)'f' => octet - 'a' + 10,
            >= (byte)'A' and <= (byte)'F' => octet - 'A' + 10,
            _ => -1,
        };
        if (digit >= 0)
        {
            _left = _left << 4 | (uint)digit;
            return ++_digits > DigitsMax ? Refusals.ChunkSize : null;
        }

        if (_digits == 0)
            return Refusals.ChunkSize;
        _extension = 0;
        return octet switch
        {
            (byte)'\r' => Go(State.SizeFeed),
            (byte)';' => Go(State.Extension),
            _ => Refusals.ChunkSize,
        };
    }

    private Refusal? Extension(byte octet)
    {
        if (octet == '\r')
            return _extension == 0 ? Refusals.ChunkExtension : Go(State.SizeFeed);
        if (octet is < 32 and not 9 or 127 || ++_extension > ExtensionMax || ++_extensions > ExtensionsMax)
            return Refusals.ChunkExtension;
        return null;
    }

    private Refusal? EndSize()
    {
        _digits = 0;
        return Go(_left == 0 ? State.Trailer : State.Data);
    }

    private Refusal? TrailerOctet(byte octet)
    {
        if (_trailerLength == _trailer.Length)
        {
            if (_trailerLength >= TrailerBytesMax)
                return Refusals.Trailer;
            Array.Resize(ref _trailer, Math.Max(64, _trailerLength * 2));
        }

        _trailer[_trailerLength++] = octet;
        if (octet != '\n')
            return null;
        var lines = _trailer.AsSpan(0, _trailerLength);
        if (lines.Length < 2 || lines[^2] != '\r')
            return Refusals.Trailer;
        var last = lines.Length == 2 || lines.Length > 3 && lines[^3] == '\n';
        if (!last)
            return null;
        _state = State.Done;
        return _fields.Read(lines, 0, lines.Length - 2, fieldsMax: 64, lineFeeds: false) is null ? null : Refusals.Trailer;
    }
}
