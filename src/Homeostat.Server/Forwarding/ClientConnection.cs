using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Homeostat.Server.Forwarding.Http1;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Homeostat.Server.Forwarding;

/// <summary>What becomes of a client connection after an exchange.</summary>
internal enum Fate : byte
{
    KeepAlive,

    /// <summary>Everything was said and read: close.</summary>
    Close,

    /// <summary>The client may still be sending a body nobody wants: let it read the answer before the connection is closed.</summary>
    Linger,

    /// <summary>A response was cut short; a clean end would make it look complete.</summary>
    Abort,
}

/// <summary>
/// One client connection: reads heads, runs one exchange after the other (pipelined requests wait in the pipe), keeps the time limits.
/// </summary>
/// <remarks>The loop is the only reader and writer; <see cref="Sweep"/> and the callbacks of the transport come from other threads and only cancel.</remarks>
internal sealed class ClientConnection
{
    private readonly ConnectionContext _transport;
    private readonly GatewayContext _gateway;
    private readonly Exchange _exchange;
    private Deadline _read;
    private Deadline _write;
    private Deadline _gone;
    private HalfClose _half;
    private volatile bool _isGone;
    private volatile bool _ended;

    public ClientConnection(ConnectionContext transport, GatewayContext gateway)
    {
        _transport = transport;
        _gateway = gateway;
        var socket = transport.Features.Get<IConnectionSocketFeature>()?.Socket;
        InlineSockets.Mark(socket);
        var isTls = transport.Features.Get<ITlsHandshakeFeature>() is not null;
        Address = new ClientAddress(transport.RemoteEndPoint, isTls);
        // What TLS makes of the bytes is not counted here, and its end is a message of its own.
        _half = new HalfClose(isTls ? null : socket);
        _exchange = new Exchange(this, gateway);
    }

    public ClientAddress Address { get; }

    public PipeReader Input => _transport.Transport.Input;

    public PipeWriter Output => _transport.Transport.Output;

    /// <summary>The gateway shuts down: this response is the last on this connection.</summary>
    public bool IsDraining => _gateway.IsDraining;

    /// <summary>The client went away (or ended its side and the grace is over).</summary>
    public bool IsGone => _isGone;

    /// <summary>The connection is over and the transport has let go of it.</summary>
    public bool IsOver => _ended && _transport.ConnectionClosed.IsCancellationRequested;

    public async Task RunAsync()
    {
        _gateway.Counters.Opened();
        var closing = _transport.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        using var closed = _transport.ConnectionClosed.UnsafeRegister(static c => ((ClientConnection)c!).PeerEnded(), this);
        using var asked = closing.UnsafeRegister(static c => ((ClientConnection)c!).Drain(), this);
        try
        {
            var fate = Fate.KeepAlive;
            for (var first = true; fate == Fate.KeepAlive; first = false)
                fate = await ServeAsync(first);
            if (fate == Fate.Linger)
                await LingerAsync();
            if (fate == Fate.Abort)
                _transport.Abort(new ConnectionAbortedException("The response could not be completed."));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The client is gone; whoever waited for it has been told by the exchange.
        }
        catch (Exception e)
        {
            // Anything else is a defect. It must not take other connections along, nor pass in silence.
            GatewayLog.Defect(_gateway.Log, e);
            _transport.Abort(new ConnectionAbortedException("Internal error."));
        }
        finally
        {
            // What is left in the transport's pipe must go out in this time; the sweep forgets the connection when it has closed.
            _read.Clear();
            _write.Set(_gateway.Options.WriteStall);
            _ended = true;
            _gateway.Counters.Closed();
        }
    }

    /// <summary>Lets what is written go to the client and waits while it takes nothing. False when it is gone.</summary>
    public ValueTask<bool> FlushAsync()
    {
        _half.Wrote(Output.UnflushedBytes);
        var flush = Output.FlushAsync();
        return flush.IsCompletedSuccessfully ? new(!flush.GetAwaiter().GetResult().IsCompleted) : StalledAsync(flush);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> StalledAsync(ValueTask<FlushResult> flush)
    {
        _write.Set(_gateway.Options.WriteStall);
        var result = await flush;
        _write.Clear();
        return !result.IsCompleted;
    }

    /// <summary>Reads body bytes of the client within the stall limit. <see cref="ReadResult.IsCanceled"/>: look at <see cref="ReadStalled"/>, else read again.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReadResult> ReadAsync(TimeSpan limit)
    {
        if (Input.TryRead(out var ready))
            return ready;
        _read.Set(limit);
        var result = await Input.ReadAsync();
        if (!_read.HasExpired)
            _read.Clear();
        return result;
    }

    public bool ReadStalled => _read.HasExpired;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Fate> ServeAsync(bool first)
    {
        var options = _gateway.Options;
        var scanner = new HeadScanner(options.HeadBytesMax, options.RequestLineBytesMax, lineFeeds: false);
        var begun = false;
        _read.Set(first ? options.HeadTimeout : options.IdleTimeout);
        while (true)
        {
            var result = await Input.ReadAsync();
            var buffer = result.Buffer;
            if (result.IsCanceled && await ShouldEndAsync(begun) is { } end)
                return end;
            if (buffer.IsEmpty && (result.IsCompleted || IsDraining))
                return Fate.Close;
            if (!buffer.IsEmpty)
            {
                var length = Look(buffer, ref scanner, out var refusal);
                if (length != 0)
                {
                    _read.Clear();
                    Input.AdvanceTo(buffer.GetPosition(Math.Max(length, 0)));
                    return length > 0 ? await _exchange.RunAsync(refusal) : await _exchange.RefuseHeadAsync(refusal!, Fate.Linger);
                }

                if (result.IsCompleted)
                    return Fate.Close;
                if (!begun)
                    _read.Set(options.HeadTimeout);
                begun = true;
            }

            Input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>Looks for a complete head and hands it to the exchange. 0: incomplete; -1: refused unread.</summary>
    private int Look(in ReadOnlySequence<byte> buffer, ref HeadScanner scanner, out Refusal? refusal)
    {
        byte[]? copy = null;
        var span = buffer.FirstSpan;
        if (!buffer.IsSingleSegment)
        {
            // A head across segments of the transport is put together; it is bounded, and rare.
            var length = (int)Math.Min(buffer.Length, _gateway.Options.HeadBytesMax + 2);
            copy = ArrayPool<byte>.Shared.Rent(length);
            buffer.Slice(0, length).CopyTo(copy);
            span = copy.AsSpan(0, length);
        }

        try
        {
            var end = scanner.Scan(span, out refusal);
            if (end > 0)
                refusal = _exchange.Begin(span[scanner.Start..end]);
            return end;
        }
        finally
        {
            if (copy is not null)
                ArrayPool<byte>.Shared.Return(copy);
        }
    }

    private async ValueTask<Fate?> ShouldEndAsync(bool begun)
    {
        if (!_read.HasExpired)
            return IsDraining && !begun ? Fate.Close : null;
        _gateway.Counters.Hit(begun ? GatewayLimit.HeadTimeout : GatewayLimit.IdleTimeout);
        return begun ? await _exchange.RefuseHeadAsync(Refusals.HeadTimeout, Fate.Linger) : Fate.Close;
    }

    /// <summary>
    /// Ends the sending side, then reads and drops until the client has closed or the time is over: closing with unread bytes resets the connection, and
    /// the answer is lost.
    /// </summary>
    private async Task LingerAsync()
    {
        if (!await FlushAsync())
            return;
        _read.Set(_gateway.Options.Linger);
        _half.Ask();
        _half.Try();
        while (!_read.HasExpired)
        {
            var result = await Input.ReadAsync();
            Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
                return;
        }
    }

    /// <summary>Called by the sweep of the gateway: enforces what is over.</summary>
    public void Sweep(long now)
    {
        if (_read.TryExpire(now))
            Input.CancelPendingRead();
        if (_write.TryExpire(now))
        {
            _gateway.Counters.Hit(GatewayLimit.WriteStall);
            _transport.Abort(new ConnectionAbortedException("The client takes nothing."));
        }

        _half.Try();
        if (_gone.TryExpire(now))
            Gone();
        _exchange.Sweep(now);
    }

    /// <summary>The client ended its sending side, or the connection broke. It may be waiting for a last answer: it has the grace to get it.</summary>
    private void PeerEnded() => _gone.Set(_gateway.Options.HalfCloseGrace);

    public void Gone()
    {
        _isGone = true;
        _exchange.Abort();
    }

    /// <summary>Wakes the loop if it waits for a request: the gateway stops.</summary>
    private void Drain() => Input.CancelPendingRead();
}
