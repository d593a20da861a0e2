using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Homeostat.Benchmarks.Wake;

/// <summary>
/// One GET over a new TCP connection by a bare socket, so that the client costs the same few tens of microseconds everywhere.
/// Measures from before the connect to the last byte of the answer.
/// </summary>
internal static class HttpProbe
{
    private static readonly TimeSpan RefusedRetry = TimeSpan.FromMicroseconds(200);
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromMilliseconds(20);

    /// <summary>The answer's head and body, and the time it took.</summary>
    public sealed record Answer(int Status, string Head, TimeSpan Took);

    /// <param name="connectLimit">Null: as long as the system waits.</param>
    /// <exception cref="SocketException">Refused, reset, or not connected in time.</exception>
    public static Answer Get(IPEndPoint server, string host, string path, TimeSpan limit, TimeSpan? connectLimit = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = (int)limit.TotalMilliseconds,
        };
        Connect(socket, server, connectLimit);
        socket.Send(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        var buffer = new byte[64 * 1024];
        var length = 0;
        int read;
        while (length < buffer.Length && !IsWhole(buffer.AsSpan(0, length)) && (read = socket.Receive(buffer, length, buffer.Length - length, SocketFlags.None)) > 0)
        {
            length += read;
        }

        var took = TimeProvider.System.GetElapsedTime(began);
        var text = Encoding.Latin1.GetString(buffer, 0, length);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var status = text.Length > 12 && int.TryParse(text.AsSpan(9, 3), out var code) ? code : 0;
        return new Answer(status, end < 0 ? text : text[..end], took);
    }

    /// <summary>The announced length is there. Not every program closes the connection when it is asked to.</summary>
    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        var field = Encoding.Latin1.GetString(answer[..end]).Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        return field is not null && int.TryParse(field.AsSpan("Content-Length:".Length), out var bytes) && answer.Length >= end + 4 + bytes;
    }

    private static void Connect(Socket socket, IPEndPoint server, TimeSpan? limit)
    {
        if (limit is null)
        {
            socket.Connect(server);
        }
        else if (!socket.ConnectAsync(server).Wait(limit.Value))
        {
            throw new SocketException((int)SocketError.TimedOut);
        }
    }

    /// <summary>
    /// Tries until something answers: what a peer without a gateway needs. A refused or reset connection is tried again after 0.2 ms, one that gets no answer after 20 ms,
    /// where the system would try only after a whole second.
    /// </summary>
    /// <param name="impatient">For a peer whose packets are dropped while it is restored (criu locks the network meanwhile).</param>
    public static bool TryUntilAnswered(IPEndPoint server, string path, TimeSpan limit, bool impatient = false)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < limit)
        {
            try
            {
                if (Get(server, server.ToString(), path, limit, impatient ? ConnectLimit : null).Status > 0)
                {
                    return true;
                }
            }
            catch (Exception error) when (error is SocketException or AggregateException { InnerException: SocketException })
            {
                // Not listening yet.
            }

            Thread.Sleep(RefusedRetry);
        }

        return false;
    }
}
