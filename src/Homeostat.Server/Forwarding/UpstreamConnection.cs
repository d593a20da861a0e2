using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Homeostat.Server.Forwarding;

/// <summary>
/// A connection to an instance with its receive buffer. One exchange uses it at a time; <see cref="Abort"/> alone may be called from elsewhere.
/// The buffer is borrowed while in use, so that idle connections cost no memory.
/// </summary>
internal sealed class UpstreamConnection : IDisposable
{
    private const int BufferBytes = 16 * 1024;

    private readonly Socket _socket;
    private byte[]? _buffer;
    private int _start;
    private int _end;

    public UpstreamConnection(Socket socket)
    {
        _socket = socket;
        InlineSockets.Mark(socket);
        if (socket.ProtocolType == ProtocolType.Tcp)
            socket.NoDelay = true;
    }

    /// <summary>It carried a request before, so the program may be about to close it.</summary>
    public bool Reused { get; private set; }

    /// <summary>When it became idle, in milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    public long IdleSince { get; private set; }

    /// <summary>Bytes received and not consumed.</summary>
    public Span<byte> Received => _buffer.AsSpan(_start, _end - _start);

    public Memory<byte> ReceivedMemory => _buffer.AsMemory(_start, _end - _start);

    public void Consume(int length) => _start += length;

    /// <summary>Nothing came and the program did not close it. An idle connection on which anything can be read is of no use.</summary>
    public bool IsQuiet()
    {
        try
        {
            return !_socket.Poll(0, SelectMode.SelectRead);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Sends everything.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None)..];
    }

    /// <summary>Sends once and returns how much was taken: an error of this call means that nothing was.</summary>
    public ValueTask<int> SendFirstAsync(ReadOnlyMemory<byte> bytes) => _socket.SendAsync(bytes, SocketFlags.None);

    /// <summary>
    /// Receives more behind what was received; 0 when the program closed its side. Grows the buffer up to <paramref name="bytesMax"/>. What came counts as
    /// received only after <see cref="Commit"/>: doing that here would cost every request another suspended method.
    /// </summary>
    /// <exception cref="InvalidDataException">The buffer is full at its largest.</exception>
    public ValueTask<int> ReceiveAsync(int bytesMax = BufferBytes)
    {
        MakeRoom(bytesMax);
        return _socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None);
    }

    /// <summary>Takes over what <see cref="ReceiveAsync"/> brought.</summary>
    public int Commit(int length)
    {
        _end += length;
        return length;
    }

    private void MakeRoom(int bytesMax)
    {
        _buffer ??= ArrayPool<byte>.Shared.Rent(BufferBytes);
        if (_start == _end)
            _start = _end = 0;
        if (_end < _buffer.Length)
            return;
        if (_start > 0)
        {
            Received.CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            return;
        }

        if (_end >= bytesMax)
            throw new InvalidDataException($"more than {bytesMax} bytes");
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(bytesMax, _buffer.Length * 2));
        Received.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    /// <summary>The response is complete and the connection can carry another.</summary>
    public void BecomeIdle()
    {
        ReleaseBuffer();
        Reused = true;
        IdleSince = Environment.TickCount64;
    }

    /// <summary>Ends sending: the program sees the end of the stream and can finish what it says.</summary>
    public void EndSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Already closed by the other side: the receiving direction tells.
        }
    }

    /// <summary>Breaks off whatever is going on, from any thread: pending calls fail. The buffer stays with the exchange that uses it.</summary>
    public void Abort() => _socket.Dispose();

    /// <summary>Closes it. Only by the exchange that uses it, when nothing is pending.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        ReleaseBuffer();
    }

    private void ReleaseBuffer()
    {
        if (_buffer is { } buffer)
            ArrayPool<byte>.Shared.Return(buffer);
        (_buffer, _start, _end) = (null, 0, 0);
    }
}
