using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Homeostat.Server.Forwarding.Contract;
using Homeostat.Server.Forwarding.Http1;

namespace Homeostat.Server.Forwarding;

/// <summary>Steps 8 and 9: the response.</summary>
internal sealed partial class Exchange
{
    private readonly ResponseHead _response = new();
    private readonly ChunkedDecoder _responseChunks = new();
    private ClientFraming _framing;
    private bool _closeClient;
    private volatile bool _answering;

    /// <summary>Step 8. Null: the final head was written to the client (not flushed); else what to answer instead.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Refusal?> ReadFinalHeadAsync()
    {
        _answering = false;
        if (_bodySent)
            _app.Set(gateway.Options.AppTimeout);
        var bytesMax = gateway.Options.ResponseHeadBytesMax;
        var link = _link!;
        for (var interim = 0; interim <= gateway.Options.InterimMax; interim++)
        {
            var scanner = new HeadScanner(bytesMax, bytesMax, lineFeeds: true);
            int length;
            Refusal? failure;
            while ((length = TakeHead(link, ref scanner, out failure)) == 0 && failure is null)
            {
                try
                {
                    if (link.Commit(await link.ReceiveAsync(bytesMax + PieceBytes)) == 0)
                        return await BrokenAsync("it closed the connection before it answered");
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidDataException)
                {
                    return await WhyBrokenAsync();
                }
            }

            if (failure is not null)
                return failure;
            if (_response.Status is >= 200 or 101)
                return Begin101OrFinal(length);
            // 100 answers an expectation; other interim responses go to whoever can have them (RFC 9110 15.2).
            if (_request.Minor == 1 && (_response.Status != 100 || _request.ExpectContinue))
            {
                WriteInterim(length);
                if (!await client.FlushAsync())
                    client.Gone();
            }

            link.Consume(length);
        }

        return Failed("it sent too many interim responses");
    }

    /// <summary>The length of a complete and understood head; 0 when more is needed or it is wrong.</summary>
    private int TakeHead(UpstreamConnection link, ref HeadScanner scanner, out Refusal? failure)
    {
        failure = null;
        if (link.Received.IsEmpty)
            return 0;
        var length = scanner.Scan(link.Received, out var refusal);
        if (refusal is not null)
            failure = Failed("its response header is malformed or too large");
        else if (length > 0 && ResponseParser.Parse(link.Received[..length], gateway.Options.FieldsMax, _request.IsHead, _response) is { } wrong)
            failure = Failed(wrong);
        return failure is null ? length : 0;
    }

    private async ValueTask<Refusal> WhyBrokenAsync()
    {
        if (client.IsGone)
            return Answers.ClientGone;
        if (_bodyFault is { } fault)
            return fault;
        if (!_app.HasExpired)
            return await BrokenAsync("it reset the connection before it answered");
        gateway.Counters.Hit(GatewayLimit.AppTimeout);
        return Answers.AppTimeout(_upstream!.Service);
    }

    /// <summary>A connection breaks most often because the program ended: then that is said, and how.</summary>
    private async ValueTask<Refusal> BrokenAsync(string what)
    {
        try
        {
            var exit = await _instance!.Ended.Task.WaitAsync(gateway.Options.EndPatience, gateway.Time);
            return Failed($"its program ended before it answered: {exit}", exit.RemedyFor(_upstream!.Service));
        }
        catch (TimeoutException)
        {
            // It runs on, and broke off this one request.
            return Failed(what);
        }
    }

    private Refusal Failed(string what, string? remedy = null)
    {
        if (client.IsGone)
            return Answers.ClientGone;
        GatewayLog.InstanceFailed(gateway.Log, _instance!.Id.Value, _upstream!.Service.Value, what);
        return Answers.InstanceFailed(_upstream.Service, what, remedy);
    }

    private void WriteInterim(int length)
    {
        var head = _link!.Received[..length];
        var span = client.Output.GetSpan(ResponseWriter.SizeMax(length, _response));
        client.Output.Advance(ResponseWriter.WriteInterim(head, _response, _timing, span));
    }

    private Refusal? Begin101OrFinal(int length)
    {
        if (_response.Status == 101 && _request.Upgrade.Length == 0)
            return Failed("it switched protocols without being asked");
        _answering = true;
        _timing = _timing with { App = Stopwatch.GetElapsedTime(_slotAt) };
        gateway.Counters.Responded(_response.Status);
        if (_response.Status == 101)
        {
            WriteInterim(length);
            _link!.Consume(length);
            return null;
        }

        _framing = _response.Body switch
        {
            BodyKind.None when !_request.IsHead && _response.Status is not (204 or 304) => ClientFraming.Length,
            BodyKind.None => ClientFraming.None,
            BodyKind.Length => ClientFraming.Length,
            _ => _request.Minor == 1 ? ClientFraming.Chunked : ClientFraming.UntilClose,
        };
        // A program that answers before it has read the body and closes, or refuses: the rest of the body will not be read by anybody.
        var unread = !_bodySent && (!_response.KeepAlive || _response.Status >= 400);
        _closeClient = !_request.KeepAlive || client.IsDraining || unread || _framing == ClientFraming.UntilClose;
        var connection = _closeClient ? "close"u8 : _request.Minor == 0 ? "keep-alive"u8 : default;
        var span = client.Output.GetSpan(ResponseWriter.SizeMax(length, _response));
        var written = ResponseWriter.Write(_link!.Received[..length], _response, _framing, connection, _timing, span);
        client.Output.Advance(written);
        _link.Consume(length);
        return null;
    }

    /// <summary>Step 9. True when the response is complete, in the client's pipe and at the program.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> PassBodyAsync()
    {
        var link = _link!;
        var left = _response.Body == BodyKind.Length ? _response.ContentLength : 0;
        if (_response.Body == BodyKind.Chunked)
            _responseChunks.Reset();
        var turn = 0L;
        while (true)
        {
            var before = link.Received.Length;
            if (!PassReceived(link, ref left, out var done))
                return false;
            if (done)
                return await EndBodyAsync();
            if (!await client.FlushAsync())
            {
                client.Gone();
                return false;
            }

            turn += before;
            if (turn > TurnBytes)
            {
                turn = 0;
                await Task.Yield();
            }

            var received = await ReceiveBodyAsync(link);
            if (received > 0)
                continue;
            // Its end is the body's end only where nothing else tells it.
            return received == 0 && _response.Body == BodyKind.UntilClose && await EndBodyAsync();
        }
    }

    /// <summary>Bytes received, 0 at the end of the connection, -1 when it broke.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReceiveBodyAsync(UpstreamConnection link)
    {
        _app.Set(gateway.Options.StreamIdle);
        try
        {
            return link.Commit(await link.ReceiveAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            if (_app.HasExpired)
                gateway.Counters.Hit(GatewayLimit.StreamIdle);
            return -1;
        }
    }

    /// <summary>Passes on what was received. False: the program broke its own framing.</summary>
    private bool PassReceived(UpstreamConnection link, ref long left, out bool done)
    {
        var received = link.Received;
        done = false;
        switch (_response.Body)
        {
            case BodyKind.None:
                done = true;
                return true;
            case BodyKind.Length:
                var length = (int)Math.Min(left, received.Length);
                Emit(received[..length]);
                link.Consume(length);
                left -= length;
                done = left == 0;
                return true;
            case BodyKind.Chunked:
                var fault = _responseChunks.Decode(received, received, out var consumed, out var written);
                if (fault is not null)
                {
                    Failed("its chunked body is malformed: " + fault.Detail);
                    return false;
                }

                Emit(received[..written]);
                link.Consume(consumed);
                done = _responseChunks.IsDone;
                return true;
            default:
                Emit(received);
                link.Consume(received.Length);
                return true;
        }
    }

    private void Emit(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            return;
        if (_framing != ClientFraming.Chunked)
        {
            client.Output.Write(data);
            return;
        }

        var writer = new ByteWriter(client.Output.GetSpan(16));
        System.Buffers.Text.Utf8Formatter.TryFormat(data.Length, writer.Rest, out var digits, new StandardFormat('x'));
        writer.Take(digits);
        writer.Add("\r\n"u8);
        client.Output.Advance(writer.Length);
        client.Output.Write(data);
        client.Output.Write("\r\n"u8);
    }

    private async ValueTask<bool> EndBodyAsync()
    {
        if (_framing == ClientFraming.Chunked)
        {
            if (_response.Body == BodyKind.Chunked)
            {
                var span = client.Output.GetSpan(Trailers.SizeMax(_responseChunks));
                client.Output.Advance(Trailers.WriteLastChunk(_responseChunks, span));
            }
            else
                client.Output.Write("0\r\n\r\n"u8);
        }

        _outcome = SlotOutcome.Completed;
        if (await client.FlushAsync())
            return true;
        client.Gone();
        return false;
    }
}
