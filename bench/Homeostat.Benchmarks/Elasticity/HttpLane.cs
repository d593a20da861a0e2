using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>One kept-alive connection that carries one request at a time.</summary>
internal sealed class HttpLane : IDisposable
{
    private readonly Socket _socket;
    private readonly string _host;
    private readonly byte[] _buffer = new byte[4096];

    private HttpLane(Socket socket, IPEndPoint server, string host) => (_socket, Server, _host) = (socket, server, host);

    public IPEndPoint Server { get; }

    /// <summary>The connection is no good any more.</summary>
    public bool IsBroken { get; private set; }

    /// <returns>Null: refused, or not in time.</returns>
    public static async Task<HttpLane?> ConnectAsync(IPEndPoint server, string host, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server, cancel);
            return new HttpLane(socket, server, host);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <summary>One GET.</summary>
    /// <returns>The first line of the body of a 200; null: anything else.</returns>
    public async Task<string?> AskAsync(string path, CancellationToken cancel)
    {
        try
        {
            await _socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {_host}\r\n\r\n"), cancel);
            var length = 0;
            while (length < _buffer.Length)
            {
                var read = await _socket.ReceiveAsync(_buffer.AsMemory(length), cancel);
                length += read;
                if (read == 0)
                {
                    break;
                }

                if (HttpAnswer.Find(_buffer.AsSpan(0, length)) is { } answer)
                {
                    return answer.Status == 200 ? answer.Body : null;
                }
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            // A request that is lost counts as failed.
        }

        IsBroken = true;
        return null;
    }

    public void Dispose() => _socket.Dispose();
}
