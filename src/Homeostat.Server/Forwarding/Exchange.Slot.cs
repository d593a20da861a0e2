using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using Homeostat.Core.Runtime;
using Homeostat.Server.Forwarding.Contract;
using Homeostat.Server.Forwarding.Http1;

namespace Homeostat.Server.Forwarding;

/// <summary>Steps 4 to 6: a slot, a connection, the head sent.</summary>
internal sealed partial class Exchange
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Gets the request to an instance: null, a slot is taken and the head was sent; or the answer, and no slot is held.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Refusal?> ReachAsync()
    {
        var begun = Stopwatch.GetTimestamp();
        var pause = FirstPause;
        _timing = new Timing(TimeSpan.Zero, TimeSpan.Zero, WakeWay.Running, TimeSpan.Zero);
        while (true)
        {
            // 4.
            if (_upstream!.TryTake(out var instance))
                _instance = instance;
            else if (await EnterAsync() is { } answer)
                return answer;

            // 5. and 6.
            _slotAt = Stopwatch.GetTimestamp();
            if (await TrySendAsync())
                return null;

            GiveBackUnreached();
            if (client.IsGone)
                return Answers.ClientGone;
            if (Stopwatch.GetElapsedTime(begun) > gateway.Options.ConnectRetry)
            {
                gateway.Counters.Hit(GatewayLimit.ConnectRetry);
                return Answers.NotReached;
            }

            // An instance that is gone is taken off the list in a moment; asking again at once would only spin.
            gateway.Counters.Retried();
            await Task.Delay(pause, gateway.Time, Waiting());
            pause = pause < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private void GiveBackUnreached()
    {
        var instance = _instance!;
        _instance = null;
        _upstream!.Return(instance, client.IsGone ? SlotOutcome.ClientAborted : SlotOutcome.ConnectFailed);
    }

    /// <summary>Step 4, the slow way: story 2.</summary>
    private async ValueTask<Refusal?> EnterAsync()
    {
        // Whatever the gate does, it does not do it on a thread that moves bytes for others.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var trigger = Encoding.Latin1.GetString(WithoutQuery(_trigger.Of(_out)));
        Admission admission;
        try
        {
            admission = await _upstream!.EnterAsync(_outLength, trigger, Waiting());
        }
        catch (OperationCanceledException) when (client.IsGone)
        {
            gateway.Counters.Aborted();
            return Answers.ClientGone;
        }

        _timing = _timing with
        {
            Gate = _timing.Gate + Positive(admission.Gate - admission.WakeTime),
            Wake = _timing.Wake + admission.WakeTime,
            Way = admission.Wake,
        };
        _instance = admission.Instance;
        if (admission.Kind != AdmissionKind.Proceed)
            return Answers.Of(admission, _upstream.Service);
        // While it slept its timers ran on: the first thing it may do is close connections that were idle for too long, with our request on them.
        if (admission.Wake != WakeWay.Running)
            Pool(_instance!).CloseOlderThan(Environment.TickCount64 - (long)admission.Gate.TotalMilliseconds);
        return null;
    }

    private static ReadOnlySpan<byte> WithoutQuery(ReadOnlySpan<byte> trigger)
    {
        var query = trigger.IndexOf((byte)'?');
        return query < 0 ? trigger : trigger[..query];
    }

    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;

    /// <summary>Steps 5 and 6. False: no octet of the request reached the instance.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> TrySendAsync()
    {
        while (true)
        {
            // 5.
            var link = Pool(_instance!).TryTake() ?? await ConnectAsync();
            if (link is null)
                return false;
            Attach(link);
            // The client's end may have come just before the line above: then nobody else closes this connection.
            if (client.IsGone)
                link.Abort();

            // 6.
            AddReadyBody();
            int sent;
            try
            {
                sent = await link.SendFirstAsync(_out.AsMemory(0, _outLength));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The very first call failed, so the kernel took nothing: the program had closed this connection.
                DropLink();
                if (link.Reused && !client.IsGone)
                    continue;
                return false;
            }

            return await SendRestAsync(link, sent);
        }
    }

    private async ValueTask<bool> SendRestAsync(UpstreamConnection link, int sent)
    {
        if (sent == _outLength)
            return true;
        try
        {
            _app.Set(gateway.Options.AppTimeout);
            await link.SendAsync(_out.AsMemory(sent, _outLength - sent));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // A part was taken: the program was reached. What it answered, if anything, is for step 8 to see.
        }

        return true;
    }

    private async ValueTask<UpstreamConnection?> ConnectAsync()
    {
        // Making a socket in another network namespace may take the thread along for a moment.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var limit = new CancellationTokenSource(gateway.Options.ConnectTimeout, gateway.Time);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Waiting(), limit.Token);
        try
        {
            return new UpstreamConnection(await _instance!.Connect(cancel.Token));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Refused, unreachable, too slow, or the client left: in each case nothing reached the instance.
            return null;
        }
    }

    private void DropLink() => Detach()?.Dispose();

    /// <summary>The token that ends waiting when the client is gone; made when first needed, on the slow ways only.</summary>
    private CancellationToken Waiting()
    {
        if (_waiting is null)
            Volatile.Write(ref _waiting, new CancellationTokenSource());
        if (client.IsGone)
            _waiting!.Cancel();
        return _waiting!.Token;
    }

    private void EndWaiting()
    {
        if (_waiting is not { } waiting)
            return;
        Volatile.Write(ref _waiting, null);
        waiting.Dispose();
    }
}
