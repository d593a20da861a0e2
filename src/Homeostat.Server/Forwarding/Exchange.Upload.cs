using System.Buffers;
using System.Net.Sockets;
using Homeostat.Server.Forwarding.Http1;

namespace Homeostat.Server.Forwarding;

/// <summary>Step 7: the request body. Read from the client only as fast as the program takes it, so a large one waits in the client's socket.</summary>
internal sealed partial class Exchange
{
    private const int PieceBytes = 16 * 1024;

    /// <summary>Room before a piece for its size line, and behind it for CR LF.</summary>
    private const int PieceFront = 10;

    private readonly ChunkedDecoder _requestChunks = new();
    private Task _upload = Task.CompletedTask;
    private long _bodyLeft;
    private volatile bool _bodySent;
    private volatile bool _abandoned;
    private volatile Refusal? _bodyFault;

    private void ResetBody()
    {
        _bodyLeft = _request.Body == BodyKind.Length ? _request.ContentLength : 0;
        _bodySent = _request.Body == BodyKind.None;
        (_abandoned, _bodyFault, _upload) = (false, null, Task.CompletedTask);
        if (_request.Body == BodyKind.Chunked)
            _requestChunks.Reset();
    }

    /// <summary>A small body that is already there goes out with its head. What was added stays added when the sending is repeated.</summary>
    private void AddReadyBody()
    {
        var room = _out.Length - _outLength;
        if (_request.Body != BodyKind.Length || _bodySent || room == 0 || !client.Input.TryRead(out var read))
            return;
        var take = Math.Min(Math.Min(read.Buffer.Length, _bodyLeft), room);
        var part = read.Buffer.Slice(0, take);
        part.CopyTo(_out.AsSpan(_outLength));
        client.Input.AdvanceTo(part.End);
        _outLength += (int)take;
        _bodyLeft -= take;
        _bodySent = _bodyLeft == 0;
    }

    private void StartUpload()
    {
        if (!_bodySent)
            _upload = _request.Body == BodyKind.Length ? UploadAsync(PassLengthAsync) : UploadAsync(PassChunksAsync);
    }

    private async Task UploadAsync(Func<ReadOnlySequence<byte>, ValueTask<SequencePosition>> pass)
    {
        try
        {
            var turn = 0L;
            while (!_bodySent && !_abandoned)
            {
                var read = await client.ReadAsync(gateway.Options.BodyStall);
                if (read.IsCanceled && client.ReadStalled)
                    Fault(Refusals.BodyTimeout);
                else if (read.IsCompleted && read.Buffer.IsEmpty)
                    client.Gone();
                if (_bodyFault is not null || client.IsGone || _abandoned)
                {
                    client.Input.AdvanceTo(read.Buffer.Start);
                    return;
                }

                turn += read.Buffer.Length;
                var consumed = await pass(read.Buffer);
                client.Input.AdvanceTo(consumed);
                if (turn > TurnBytes)
                {
                    turn = 0;
                    await Task.Yield();
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The program takes no more. It may have answered all the same (413 and close): step 8 or 9 tells.
        }
        catch (IOException)
        {
            // The client's connection broke.
            client.Gone();
        }
    }

    /// <summary>The client's body is wrong: the program must not take what it got for complete.</summary>
    private void Fault(Refusal why)
    {
        if (why == Refusals.BodyTimeout)
            gateway.Counters.Hit(GatewayLimit.BodyStall);
        _bodyFault = why;
        AbortLink();
    }

    private async ValueTask<SequencePosition> PassLengthAsync(ReadOnlySequence<byte> bytes)
    {
        if (bytes.Length > _bodyLeft)
            bytes = bytes.Slice(0, _bodyLeft);
        foreach (var segment in bytes)
        {
            _bodyLeft -= segment.Length;
            _bodySent = _bodyLeft == 0;
            await SendPieceAsync(segment);
        }

        return bytes.End;
    }

    /// <summary>Chunks are unwrapped, checked and wrapped anew: what the program reads is our framing, whatever the client's looked like.</summary>
    private async ValueTask<SequencePosition> PassChunksAsync(ReadOnlySequence<byte> bytes)
    {
        var piece = ArrayPool<byte>.Shared.Rent(PieceFront + PieceBytes + 2);
        try
        {
            var rest = bytes;
            while (!rest.IsEmpty && !_requestChunks.IsDone)
            {
                var length = Fill(ref rest, piece.AsSpan(PieceFront, PieceBytes));
                if (_bodyFault is not null)
                    return rest.Start;
                if (length > 0)
                    await SendPieceAsync(Wrap(piece, length));
            }

            if (_requestChunks.IsDone)
                await SendLastChunkAsync();
            return rest.Start;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <summary>Decodes as much as fits, across segments, so that a thousand one-byte chunks become one piece.</summary>
    private int Fill(ref ReadOnlySequence<byte> rest, Span<byte> target)
    {
        var length = 0;
        while (!rest.IsEmpty && length < target.Length && !_requestChunks.IsDone)
        {
            var fault = _requestChunks.Decode(rest.FirstSpan, target[length..], out var consumed, out var written);
            length += written;
            rest = rest.Slice(consumed);
            if (fault is null)
                continue;
            Fault(fault);
            break;
        }

        return length;
    }

    private static ReadOnlyMemory<byte> Wrap(byte[] piece, int length)
    {
        Span<byte> size = stackalloc byte[8];
        System.Buffers.Text.Utf8Formatter.TryFormat(length, size, out var digits, new StandardFormat('x'));
        var start = PieceFront - 2 - digits;
        size[..digits].CopyTo(piece.AsSpan(start));
        "\r\n"u8.CopyTo(piece.AsSpan(PieceFront - 2));
        "\r\n"u8.CopyTo(piece.AsSpan(PieceFront + length));
        return piece.AsMemory(start, PieceFront - start + length + 2);
    }

    private async ValueTask SendLastChunkAsync()
    {
        _bodySent = true;
        var last = ArrayPool<byte>.Shared.Rent(Trailers.SizeMax(_requestChunks));
        try
        {
            await SendPieceAsync(last.AsMemory(0, Trailers.WriteLastChunk(_requestChunks, last)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(last);
        }
    }

    private async ValueTask SendPieceAsync(ReadOnlyMemory<byte> piece)
    {
        // A program that takes nothing of a body for so long counts as one that does not answer.
        _app.Set(_bodySent && !_answering ? gateway.Options.AppTimeout : gateway.Options.StreamIdle);
        await (_link ?? throw new ObjectDisposedException(nameof(UpstreamConnection))).SendAsync(piece);
    }

    /// <summary>Waits until the upload is over: nobody else may read the client before. After it <see cref="_bodySent"/> tells whether all was read.</summary>
    private async ValueTask EndUploadAsync(bool abandon)
    {
        if (_upload.IsCompleted)
            return;
        // All was read and the response is complete: the last send is just returning. If the program really does not take it, never mind it.
        if (_bodySent && !abandon && await OverSoonAsync())
            return;
        _abandoned = true;
        AbortLink();
        while (!_upload.IsCompleted)
        {
            client.Input.CancelPendingRead();
            await OverSoonAsync();
        }
    }

    private async ValueTask<bool> OverSoonAsync()
    {
        try
        {
            await _upload.WaitAsync(TimeSpan.FromMilliseconds(50), gateway.Time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
