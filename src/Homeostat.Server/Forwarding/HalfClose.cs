using System.Net.Sockets;

namespace Homeostat.Server.Forwarding;

/// <summary>
/// Ends the sending side of a client connection while its receiving side stays open (RFC 9112 9.6): the client sees at once that nothing more comes, and
/// what it still sends is read, so that no reset destroys the answer on its way.
/// </summary>
/// <remarks>
/// The transport can only close both sides, so the socket is shut down beneath it. That must not happen before the kernel has all that was written: the
/// transport may still hold a part, for a client that reads slowly. Bytes written are counted by the connection, bytes taken by the kernel (tcp_info).
/// </remarks>
internal struct HalfClose(Socket? socket)
{
    private const int ProtocolTcp = 6;
    private const int OptionTcpInfo = 11;

    // Places in struct tcp_info (linux/tcp.h); the last two fields exist since Linux 4.19.
    private const int NotSent = 144;
    private const int Sent = 200;
    private const int SentAgain = 208;
    private const int Size = 216;

    private long _written;
    private volatile bool _asked;
    private bool _done;

    /// <summary>So many bytes more were given to the transport.</summary>
    public void Wrote(long bytes) => _written += bytes;

    /// <summary>From now on <see cref="Try"/> acts. To be called after the last byte was given to the transport.</summary>
    public void Ask() => _asked = true;

    /// <summary>Ends the sending side if that was asked and everything is with the kernel; else it is to be called again later. Twice does no harm.</summary>
    public void Try()
    {
        if (!_asked || _done || socket is null)
            return;
        try
        {
            if (Taken(socket) < _written)
                return;
            _done = true;
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The connection is over already.
            _done = true;
        }
    }

    /// <summary>Bytes the kernel was given for this connection; -1 if it does not tell.</summary>
    private static long Taken(Socket socket)
    {
        Span<byte> info = stackalloc byte[Size];
        return socket.GetRawSocketOption(ProtocolTcp, OptionTcpInfo, info) < Size
            ? -1
            : BitConverter.ToInt64(info[Sent..]) - BitConverter.ToInt64(info[SentAgain..]) + BitConverter.ToUInt32(info[NotSent..]);
    }
}
