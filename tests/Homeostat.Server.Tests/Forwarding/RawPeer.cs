using System.Net;
using System.Net.Sockets;
using System.Text;
using Homeostat.Testing;

namespace Homeostat.Server.Tests.Forwarding;

/// <summary>One end of a TCP connection that says exactly what it is told to. Every wait has a deadline.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly CancellationTokenSource _end = new(Waiting.Deadline, TimeProvider.System);

    public RawPeer(Socket socket)
    {
        Socket = socket;
        socket.NoDelay = true;
        Stream = new NetworkStream(socket);
        Reader = new RawReader(Stream);
    }

    public Socket Socket { get; }

    public NetworkStream Stream { get; }

    public RawReader Reader { get; }

    public CancellationToken Deadline => _end.Token;

    public static async Task<RawPeer> ConnectAsync(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint);
        return new RawPeer(socket);
    }

    public Task SendAsync(string latin1) => Stream.WriteAsync(Encoding.Latin1.GetBytes(latin1), Deadline).AsTask();

    /// <summary>Sends octet by octet, each in its own segment.</summary>
    public async Task TrickleAsync(string latin1)
    {
        foreach (var octet in latin1)
            await SendAsync(octet.ToString());
    }

    public Task<RawMessage> ResponseAsync(bool toHead = false) => Reader.ReadResponseAsync(toHead, Deadline);

    public Task<RawMessage?> RequestAsync() => Reader.ReadRequestAsync(Deadline);

    public async Task<RawMessage> HeadAsync() => await Reader.ReadHeadAsync(Deadline) ?? throw new EndOfStreamException("no head");

    public Task<string> ExactlyAsync(int length) => Reader.ReadExactlyAsync(length, Deadline);

    public Task<string> ChunkAsync() => Reader.ReadChunkAsync(Deadline);

    public async Task<string> ChunkAfterHeadAsync()
    {
        await HeadAsync();
        return await ChunkAsync();
    }

    /// <summary>Everything up to the end; a reset is an end.</summary>
    public async Task<string> ToEndAsync()
    {
        try
        {
            return await Reader.ReadToEndAsync(Deadline);
        }
        catch (IOException)
        {
            return "";
        }
    }

    public void EndSending() => Socket.Shutdown(SocketShutdown.Send);

    /// <summary>Breaks the connection with a reset.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Dispose();
    }

    public void Dispose()
    {
        Socket.Dispose();
        _end.Dispose();
    }
}
