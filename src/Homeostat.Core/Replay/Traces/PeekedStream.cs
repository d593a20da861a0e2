namespace Homeostat.Core.Replay.Traces;

/// <summary>Another stream whose first two bytes were looked at: they come again, so that what can't seek (a pipe) can be told apart by them too.</summary>
internal sealed class PeekedStream : Stream
{
    private readonly Stream _rest;
    private readonly byte[] _first = new byte[2];
    private readonly int _peeked;
    private int _given;

    /// <param name="rest">At its beginning. Stays open.</param>
    public PeekedStream(Stream rest)
    {
        _rest = rest;
        _peeked = rest.ReadAtLeast(_first, _first.Length, throwOnEndOfStream: false);
    }

    /// <summary>The magic number of RFC 1952.</summary>
    public bool IsGzip => _first is [0x1f, 0x8b];

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (_given == _peeked)
        {
            return _rest.Read(buffer);
        }
        var count = Math.Min(buffer.Length, _peeked - _given);
        _first.AsSpan(_given, count).CopyTo(buffer);
        _given += count;
        return count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
