using System.Diagnostics;
using System.Buffers;
using System.Runtime.CompilerServices;
using Homeostat.Server.Forwarding.Contract;
using Homeostat.Server.Forwarding.Http1;

namespace Homeostat.Server.Forwarding;

/// <summary>
/// One request and its response. Reused for all requests of a client connection.
/// </summary>
/// <remarks>
/// The way of a request; the numbers are repeated in the code:
/// <list type="number">
/// <item>Read the head in the only way possible, or refuse (<see cref="RequestParser"/>).</item>
/// <item>Find the service of Host and path on the route table of this moment; none: 404.</item>
/// <item>Write the head for the program. From here on nothing points into the client's bytes.</item>
/// <item>Take a slot of a running instance without waiting, else wait at the gate. The body stays where it is: in the client's socket.</item>
/// <item>Take an idle connection to the instance that is still open, or make one. Failing gives the slot back and begins again at 4.</item>
/// <item>Send the head with what is there of the body. From the first octet the program may have acted: from here on nothing is repeated.</item>
/// <item>Send the body as it comes, while</item>
/// <item>the response head is read, checked, framed for the client and written, and</item>
/// <item>its body is passed on as it comes, at the pace of the client.</item>
/// <item>Keep or close the connection to the instance and give the slot back, exactly once, saying how it ended.</item>
/// </list>
/// <code>
///   Begin --1,2,3--> slot? --4--> connected --5--> sent --6--> [ upload 7 | head 8, body 9 ] --10--> done
///                     ^_____connect failed______|
/// </code>
/// Who interferes: the sweep (time limits) and the client's end, both by <see cref="Abort"/>: it closes the connection to the instance and cancels the
/// waiting, so that whatever is pending fails, and the failing step asks why.
/// </remarks>
internal sealed partial class Exchange(ClientConnection client, GatewayContext gateway)
{
    /// <summary>A body up to this size that is already there goes out together with its head.</summary>
    private const int BodyWithHead = 8 * 1024;

    /// <summary>After this many bytes without a pause the thread is given to others.</summary>
    private const int TurnBytes = 1024 * 1024;

    private readonly RequestHead _request = new();
    private IUpstream? _upstream;
    private byte[] _out = [];
    private int _outLength;
    private Span8 _requestId;
    private Span8 _trigger;

    private UpstreamInstance? _instance;
    private readonly Lock _linkLock = new();
    private UpstreamConnection? _link;
    private SlotOutcome _outcome;
    private Timing _timing;
    private long _slotAt;
    private Deadline _app;
    private CancellationTokenSource? _waiting;

    /// <summary>Steps 1 to 3, without waiting.</summary>
    /// <param name="head">The request head; not needed any more after the call.</param>
    /// <returns>Null, or the refusal to be given to <see cref="RunAsync"/>.</returns>
    public Refusal? Begin(ReadOnlySpan<byte> head)
    {
        (_upstream, _outLength, _requestId) = (null, 0, default);

        // 1.
        if (RequestParser.Parse(head, gateway.Options.FieldsMax, _request) is { } refusal)
        {
            _request.KeepAlive = false;
            return refusal;
        }

        // 2.
        _upstream = FindRoute(head);
        if (_upstream is null)
            return Answers.UnknownHost(_request.HostName.Of(head));

        // 3.
        var size = RequestWriter.SizeMax(head.Length, _request);
        _out = ArrayPool<byte>.Shared.Rent(_request.Body == BodyKind.Length ? size + BodyWithHead : size);
        _outLength = RequestWriter.Write(head, _request, client.Address, _out, out _requestId);
        _trigger = new(0, _request.Method.Length + 1 + Math.Max(1, _request.Target.Length));
        return null;
    }

    /// <summary>Steps 4 to 10.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Fate> RunAsync(Refusal? refused)
    {
        gateway.Counters.Begun();
        try
        {
            ResetBody();
            refused ??= await ReachAsync(); // 4., 5., 6.
            if (refused is not null)
                return await RefuseAsync(refused, AfterRefusal());
            return await AnswerAsync();
        }
        finally
        {
            EndWaiting();
            if (_out.Length > 0)
                ArrayPool<byte>.Shared.Return(_out);
            _out = [];
            gateway.Counters.Ended();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Fate> AnswerAsync()
    {
        // How it ends unless somebody knows better.
        _outcome = SlotOutcome.InstanceFailed;
        var complete = false;
        try
        {
            StartUpload(); // 7.
            var failure = await ReadFinalHeadAsync(); // 8.
            if (failure is not null)
            {
                await EndUploadAsync(abandon: true);
                return client.IsGone ? Fate.Close : await RefuseAsync(failure, AfterRefusal());
            }

            complete = _response.Status == 101 ? await TunnelAsync() : await PassBodyAsync(); // 9.
            await EndUploadAsync(abandon: !complete);
            return complete ? AfterResponse() : Fate.Abort;
        }
        finally
        {
            Finish(complete); // 10.
        }
    }

    private IUpstream? FindRoute(ReadOnlySpan<byte> head)
    {
        Span<char> host = stackalloc char[256];
        var name = _request.HostName.Of(head);
        System.Text.Ascii.ToLower(name, host, out var hostLength);
        var target = _request.Target.Of(head);
        var query = target.IndexOf((byte)'?');
        var path = query < 0 ? target : target[..query];
        // Absolute form without path, and OPTIONS *: the host as a whole.
        if (path.IsEmpty || path[0] != '/')
            path = "/"u8;
        Span<char> chars = path.Length <= 512 ? stackalloc char[path.Length] : new char[path.Length];
        System.Text.Encoding.Latin1.GetChars(path, chars);
        return gateway.Routes(host[..hostLength], chars);
    }

    /// <summary>Step 10. The instance's slot goes back exactly once, after everything else of this exchange is over.</summary>
    private void Finish(bool complete)
    {
        _app.Clear();
        var reusable = complete && _response.KeepAlive && _response.Status != 101 && _bodySent
            && _link!.Received.IsEmpty && _outcome == SlotOutcome.Completed;
        if (Detach() is { } link)
        {
            if (reusable)
                Pool(_instance!).Give(link);
            else
                link.Dispose();
        }

        if (_outcome != SlotOutcome.Completed && (client.IsGone || _bodyFault is not null))
        {
            // The client's doing, not the instance's.
            _outcome = SlotOutcome.ClientAborted;
            gateway.Counters.Aborted();
        }

        var instance = _instance!;
        _instance = null;
        _upstream!.Return(instance, _outcome, _outcome == SlotOutcome.Completed && _response.Status != 101 ? Stopwatch.GetElapsedTime(_slotAt) : null);
    }

    private Fate AfterRefusal() => _bodySent && _request is { KeepAlive: true, Minor: 1 } && !client.IsDraining ? Fate.KeepAlive : Fate.Linger;

    private Fate AfterResponse()
    {
        if (_response.Status == 101 || client.IsGone)
            return Fate.Close;
        if (!_bodySent)
            return Fate.Linger;
        return _closeClient ? Fate.Close : Fate.KeepAlive;
    }

    /// <summary>Answers a head that never became a request.</summary>
    public ValueTask<Fate> RefuseHeadAsync(Refusal refusal, Fate then)
    {
        _request.Clear();
        (_upstream, _requestId) = (null, default);
        return RefuseAsync(refusal, then);
    }

    /// <summary>Answers without the program.</summary>
    private async ValueTask<Fate> RefuseAsync(Refusal refusal, Fate then)
    {
        if (refusal == Answers.ClientGone)
            return Fate.Close;
        if (refusal.Status is 431 or 414)
            gateway.Counters.Hit(GatewayLimit.Head);
        Answers.Write(client.Output, refusal, _requestId.Of(_out), _upstream?.Service, _request.IsHead, keep: then == Fate.KeepAlive);
        gateway.Counters.Responded(refusal.Status);
        return await client.FlushAsync() ? then : Fate.Close;
    }

    /// <summary>Breaks off: called by others, any time. What is pending fails and finds out why.</summary>
    public void Abort()
    {
        AbortLink();
        try
        {
            Volatile.Read(ref _waiting)?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The waiting ended just now.
        }
    }

    /// <summary>Called by the sweep.</summary>
    public void Sweep(long now)
    {
        if (_app.TryExpire(now))
            AbortLink();
    }

    /// <summary>
    /// From here on others may break the connection off, until <see cref="Detach"/>. Under a lock, because a connection that has gone back to the pool
    /// already carries somebody else's request: aborting it a moment too late would hit a stranger.
    /// </summary>
    private void Attach(UpstreamConnection link)
    {
        lock (_linkLock)
            _link = link;
    }

    private UpstreamConnection? Detach()
    {
        lock (_linkLock)
        {
            var link = _link;
            _link = null;
            return link;
        }
    }

    private void AbortLink()
    {
        lock (_linkLock)
            _link?.Abort();
    }

    private UpstreamConnections Pool(UpstreamInstance instance) =>
        UpstreamConnections.Of(instance, gateway.Upstreams, gateway.Options.IdlePerInstance);
}
