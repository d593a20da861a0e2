using System.Net;
using System.Net.Sockets;
using Homeostat.Testing;

namespace Homeostat.Server.Tests.Forwarding;

/// <summary>A program behind the gateway: a listener on loopback whose connections do what the test says.</summary>
internal sealed class RawApp : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<RawPeer, Task> _behave;
    private readonly Task _accepting;

    public RawApp(Func<RawPeer, Task> behave)
    {
        _behave = behave;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        _accepting = AcceptAsync();
    }

    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>What happened on its connections, in order: <c>connected</c>, <c>ended</c>, <c>failed: ...</c>.</summary>
    public EventWaiter<string> Events { get; } = new("app");

    /// <summary>Answers every request with what it read, the way <see cref="RawMessage"/> prints it.</summary>
    public static async Task EchoAsync(RawPeer peer)
    {
        while (await peer.RequestAsync() is { } request)
        {
            var reading = request.ToString();
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {reading.Length}\r\n\r\n{reading}");
        }
    }

    /// <summary>Reads one request after the other and answers each with the same octets.</summary>
    public static Func<RawPeer, Task> Answers(string response, bool thenClose = false) => async peer =>
    {
        while (await peer.RequestAsync() is not null)
        {
            await peer.SendAsync(response);
            if (thenClose)
                return;
        }
    };

    public ValueTask<Socket> ConnectAsync(CancellationToken cancel) => ConnectAsync(Endpoint, cancel);

    public static async ValueTask<Socket> ConnectAsync(IPEndPoint endpoint, CancellationToken cancel)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endpoint, cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var peer = new RawPeer(socket);
        Events.Add("connected");
        try
        {
            await _behave(peer);
            Events.Add("ended");
        }
        catch (Exception e)
        {
            // Also what the gateway did to it: tests wait for it.
            Events.Add($"failed: {e.GetType().Name} {e.Message}");
        }
    }
}
