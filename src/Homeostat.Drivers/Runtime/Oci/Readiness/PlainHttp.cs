using System.Net.Sockets;
using System.Text;
using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Readiness;

/// <summary>
/// One HTTP/1.1 request on a connection of its own, for health checks, warm-up and hooks. Reads the answer to its end (at most 1 MiB of it), since a program that
/// finds its answer unread may take that for a broken client.
/// </summary>
internal static class PlainHttp
{
    private const int AnswerBytesMax = 1 << 20;

    /// <returns>The status code, or null when the answer is not HTTP.</returns>
    /// <exception cref="SocketException">Refused or broken.</exception>
    public static async Task<int?> SendAsync(
        Netns netns, Reach reach, string method, string path, byte[] body, TimeSpan limit, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        either.CancelAfter(limit);
        using var socket = await CellDialer.ConnectAsync(netns, reach, either.Token);
        var head = $"{method} {path} HTTP/1.1\r\nHost: localhost:{reach.Target.Port}\r\nUser-Agent: homeostat\r\nAccept: */*\r\n"
            + (method == "POST" ? $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n" : "")
            + "Connection: close\r\n\r\n";
        byte[] request = [.. Encoding.ASCII.GetBytes(head), .. body];
        for (var sent = 0; sent < request.Length;)
        {
            sent += await socket.SendAsync(request.AsMemory(sent), SocketFlags.None, either.Token);
        }

        return await ReadStatusAsync(socket, either.Token);
    }

    private static async Task<int?> ReadStatusAsync(Socket socket, CancellationToken cancel)
    {
        var buffer = new byte[16 << 10];
        var first = new StringBuilder();
        var total = 0;
        while (total < AnswerBytesMax && await socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, cancel) is var count and > 0)
        {
            total += count;
            if (first.Length < 12)
            {
                first.Append(Encoding.ASCII.GetString(buffer, 0, Math.Min(count, 64)));
            }
        }

        var line = first.ToString();
        return line.StartsWith("HTTP/1.", StringComparison.Ordinal) && line.Length >= 12 && int.TryParse(line.AsSpan(9, 3), out var status)
            ? status
            : null;
    }
}
