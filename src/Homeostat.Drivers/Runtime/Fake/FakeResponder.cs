using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Homeostat.Drivers.Runtime.Fake;

/// <summary>
/// The program of a fake instance: a small HTTP/1.1 server on a loopback port. It answers <c>/</c> with its instance and a counter that lives in memory,
/// <c>/slow?ms=N</c> after N ms, <c>/stream?n=N</c> with N chunks, <c>/big?bytes=N</c>, <c>/crash</c> by ending, anything with a body by its length and sum;
/// <c>/burn</c> lets it want a core from then on (<c>/calm</c> none), <c>/hold?mib=N</c> lets it hold N MiB of memory.
/// While stopped by <see cref="Freeze"/> the kernel still accepts connections and nothing answers, as with a frozen cgroup.
/// </summary>
internal sealed class FakeResponder : IDisposable
{
    private const int HeadBytesMax = 16 << 10;

    private readonly Socket _listener;
    private readonly CancellationTokenSource _ended = new();
    private readonly FakeMemory _memory;
    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly FakeWork _work;
    private readonly List<Socket> _open = [];
    private volatile TaskCompletionSource _thawed;

    public FakeResponder(string name, FakeMemory memory, TimeProvider time, FakeWork work)
    {
        (_name, _memory, _time, _work) = (name, memory, time, work);
        _thawed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _thawed.SetResult();
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(4096);
        Endpoint = (IPEndPoint)_listener.LocalEndPoint!;
        _ = Task.Run(AcceptAsync);
    }

    public IPEndPoint Endpoint { get; }

    public void Freeze()
    {
        if (_thawed.Task.IsCompleted)
        {
            _thawed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Thaw() => _thawed.TrySetResult();

    /// <summary>Ends as a killed process does: the listener and every connection are gone at once.</summary>
    public void Dispose()
    {
        _ended.Cancel();
        _listener.Dispose();
        _thawed.TrySetResult();
        lock (_open)
        {
            foreach (var socket in _open)
            {
                socket.LingerState = new LingerOption(true, 0);
                socket.Dispose();
            }

            _open.Clear();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_ended.Token);
                lock (_open)
                {
                    _open.Add(socket);
                }

                _ = Task.Run(() => ServeAsync(socket));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The program ended.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: false);
            using var reader = new FakeHttpReader(stream, HeadBytesMax);
            while (await reader.ReadRequestAsync(_ended.Token) is { } request)
            {
                await _thawed.Task.WaitAsync(_ended.Token);
                _memory.Hit($"{request.Method} {request.Target}");
                _work.Served();
                await AnswerAsync(stream, request);
                if (request.Close)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidDataException)
        {
            // The peer went away, or the program ended: both close the connection.
        }
        finally
        {
            // Under the lock: Dispose resets what is in the list, which must not be closed yet.
            lock (_open)
            {
                _open.Remove(socket);
                socket.Dispose();
            }
        }
    }

    private async Task AnswerAsync(NetworkStream stream, FakeRequest request)
    {
        var path = request.Target.Split('?')[0];
        switch (path)
        {
            case "/crash":
                _work.Crash();
                return;
            case "/burn" or "/calm":
                _work.Want(path == "/burn" ? 1 : 0);
                break;
            case "/hold":
                _work.Hold((long)Number(request.Target, "mib", 0) << 20);
                break;
            case "/slow":
                await Task.Delay(TimeSpan.FromMilliseconds(Number(request.Target, "ms", 100)), _time, _ended.Token);
                break;
            case "/stream":
                await StreamAsync(stream, Number(request.Target, "n", 3));
                return;
        }

        var body = path == "/big"
            ? new string('x', Number(request.Target, "bytes", 1 << 20))
            : $"instance {_name} count {_memory.Count} method {request.Method} body {request.BodyBytes} sum {request.BodySum}\n";
        var head = $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\n{(request.Close ? "Connection: close\r\n" : "")}\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request.Method == "HEAD" ? head : head + body), _ended.Token);
    }

    private async Task StreamAsync(NetworkStream stream, int chunks)
    {
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray(), _ended.Token);
        for (var n = 0; n < chunks; n++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), _time, _ended.Token);
            var text = $"data: {n}\n\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{text.Length:x}\r\n{text}\r\n"), _ended.Token);
        }

        await stream.WriteAsync("0\r\n\r\n"u8.ToArray(), _ended.Token);
    }

    private static int Number(string target, string key, int otherwise)
    {
        var at = target.IndexOf(key + "=", StringComparison.Ordinal);
        return at >= 0 && int.TryParse(target.AsSpan(at + key.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var n)
            ? Math.Clamp(n, 0, 1 << 28)
            : otherwise;
    }
}
