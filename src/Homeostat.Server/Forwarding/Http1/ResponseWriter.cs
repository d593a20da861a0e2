using Homeostat.Core.Runtime;

namespace Homeostat.Server.Forwarding.Http1;

/// <summary>How the body of a response goes to the client.</summary>
internal enum ClientFraming : byte
{
    /// <summary>No body follows.</summary>
    None,

    Length,

    Chunked,

    /// <summary>An HTTP/1.0 client and an unknown length: the end of the connection is the end of the body.</summary>
    UntilClose,
}

/// <summary>The times a response reports in Server-Timing.</summary>
/// <param name="Gate">Waiting for a slot, without the wake.</param>
/// <param name="Wake">Waiting for an instance to start, thaw or be restored.</param>
/// <param name="Way">How the instance came to run.</param>
/// <param name="App">From the slot to the response head.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct Timing(TimeSpan Gate, TimeSpan Wake, WakeWay Way, TimeSpan App);

/// <summary>Writes the head a client receives: what the program said, framed for this connection, with Server-Timing appended.</summary>
internal static class ResponseWriter
{
    private const int Added = 384;

    /// <summary>Upper bound of the written length.</summary>
    public static int SizeMax(int headLength, ResponseHead head) => headLength + 2 * head.Fields.Count + Added;

    public static int Write(
        ReadOnlySpan<byte> received, ResponseHead head, ClientFraming framing, ReadOnlySpan<byte> connection, in Timing timing, Span<byte> target)
    {
        var writer = new ByteWriter(target);
        StatusLine(ref writer, received, head);
        Fields(ref writer, received, head);
        // 204 must not carry a length (RFC 9110 8.6); HEAD and 304 keep the one the program gave.
        if (framing == ClientFraming.Length || head.HasLength && framing == ClientFraming.None && head.Status != 204)
        {
            writer.Add("Content-Length: "u8);
            writer.Add(head.ContentLength);
            writer.Add("\r\n"u8);
        }
        else if (framing == ClientFraming.Chunked)
            writer.Add("Transfer-Encoding: chunked\r\n"u8);
        if (!connection.IsEmpty)
            writer.AddField("Connection"u8, connection);
        ServerTiming(ref writer, timing);
        writer.Add("\r\n"u8);
        return writer.Length;
    }

    /// <summary>An interim response (1xx): no framing, nothing added. 101 keeps its Upgrade.</summary>
    public static int WriteInterim(ReadOnlySpan<byte> received, ResponseHead head, in Timing timing, Span<byte> target)
    {
        var writer = new ByteWriter(target);
        StatusLine(ref writer, received, head);
        Fields(ref writer, received, head);
        if (head.Status == 101)
        {
            writer.Add("Connection: Upgrade\r\n"u8);
            if (head.Upgrade.Length > 0)
                writer.AddField("Upgrade"u8, head.Upgrade.Of(received));
            ServerTiming(ref writer, timing);
        }

        writer.Add("\r\n"u8);
        return writer.Length;
    }

    private static void StatusLine(ref ByteWriter writer, ReadOnlySpan<byte> received, ResponseHead head)
    {
        writer.Add("HTTP/1.1 "u8);
        writer.Add((long)head.Status);
        writer.Add((byte)' ');
        writer.Add(head.Reason.Of(received));
        writer.Add("\r\n"u8);
    }

    private static void Fields(ref ByteWriter writer, ReadOnlySpan<byte> received, ResponseHead head)
    {
        foreach (ref var field in head.Fields.Items)
        {
            var hop = field.Known is KnownField.ContentLength or KnownField.TransferEncoding or KnownField.Connection
                or KnownField.Upgrade or KnownField.HopByHop or KnownField.TE;
            if (!hop && !field.Nominated)
                writer.AddField(field.Name(received), field.Value(received));
        }
    }

    private static void ServerTiming(ref ByteWriter writer, in Timing timing)
    {
        writer.Add("Server-Timing: gate;dur="u8);
        writer.AddMilliseconds(timing.Gate);
        writer.Add(", wake;dur="u8);
        writer.AddMilliseconds(timing.Wake);
        writer.Add(timing.Way switch
        {
            WakeWay.Running => ";desc=\"running\", app;dur="u8,
            WakeWay.Frozen => ";desc=\"frozen\", app;dur="u8,
            WakeWay.Restored => ";desc=\"restored\", app;dur="u8,
            _ => ";desc=\"cold\", app;dur="u8,
        });
        writer.AddMilliseconds(timing.App);
        writer.Add("\r\n"u8);
    }
}
