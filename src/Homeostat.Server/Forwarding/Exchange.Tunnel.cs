using System.Buffers;
using System.Net.Sockets;
using Homeostat.Server.Forwarding.Contract;

namespace Homeostat.Server.Forwarding;

/// <summary>After 101: bytes in both directions until one side ends. The slot stays taken: a WebSocket is work.</summary>
internal sealed partial class Exchange
{
    private async ValueTask<bool> TunnelAsync()
    {
        if (!await client.FlushAsync())
        {
            client.Gone();
            return false;
        }

        _bodySent = false;
        _upload = TunnelUpAsync();
        var ended = await TunnelDownAsync(_link!);
        // Whoever ended it, the exchange went as it should.
        _outcome = client.IsGone ? SlotOutcome.ClientAborted : SlotOutcome.Completed;
        return ended;
    }

    private async Task TunnelUpAsync()
    {
        try
        {
            while (!_abandoned)
            {
                // No time limit of its own: moving bytes in either direction pushes the one of the stream.
                var read = await client.Input.ReadAsync();
                foreach (var segment in read.Buffer)
                    await SendPieceAsync(segment);
                client.Input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }

            Volatile.Read(ref _link)?.EndSending();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The program closed it: the other direction tells.
        }
        catch (IOException)
        {
            client.Gone();
        }
    }

    private async ValueTask<bool> TunnelDownAsync(UpstreamConnection link)
    {
        while (true)
        {
            var received = link.Received;
            client.Output.Write(received);
            link.Consume(received.Length);
            if (!await client.FlushAsync())
            {
                client.Gone();
                return false;
            }

            var length = await ReceiveBodyAsync(link);
            if (length <= 0)
                return length == 0;
        }
    }
}
