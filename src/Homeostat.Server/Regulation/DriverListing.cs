using System.Threading.Channels;
using Homeostat.Core.Runtime;
using Homeostat.Drivers.Runtime.Contract;
using Microsoft.Extensions.Logging;

namespace Homeostat.Server.Regulation;

/// <summary>
/// Lists the driver when asked, when it hints, and now and then, and tells who listens. One list at a time; askers during a list share the next one.
/// </summary>
internal sealed partial class DriverListing(
    IRuntimeDriver driver, TimeProvider time, Action<IReadOnlyList<ObservedInstance>, long> tell, ILogger log) : IAsyncDisposable
{
    private readonly Channel<bool> _asked = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly List<Task> _loops = [];
    private ITimer? _timer;
    private ITimer? _again;

    /// <summary>Orders lists and changes: taken before the driver is asked.</summary>
    public Func<long> Stamp { get; set; } = () => 0;

    public void Start(CancellationToken stop)
    {
        _timer = time.CreateTimer(_ => Ask(), null, ServiceBoard.ListEvery, ServiceBoard.ListEvery);
        _again = time.CreateTimer(_ => Ask(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _loops.Add(Task.Run(() => ListLoopAsync(stop), CancellationToken.None));
        _loops.Add(Task.Run(() => WatchLoopAsync(stop), CancellationToken.None));
    }

    /// <summary>Sees to it that a list begins after this call. Never blocks.</summary>
    public void Ask() => _asked.Writer.TryWrite(true);

    public async Task ListAsync(CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            var began = Stamp();
            tell(await driver.ListAsync(cancel), began);
        }
        finally
        {
            _one.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_loops);
        foreach (var timer in new[] { _timer, _again })
        {
            if (timer is not null)
            {
                await timer.DisposeAsync();
            }
        }
    }

    private async Task ListLoopAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await _asked.Reader.ReadAsync(stop);
                await ListAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The edge to the environment: without lists the controllers go on with what they know; the next one may work.
                LogListFailed(log, e);
                _again?.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
            }
        }
    }

    private async Task WatchLoopAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                // Listed once the watch is on: what changed before it came without a hint.
                await using var hints = driver.WatchAsync(stop).GetAsyncEnumerator(stop);
                Task<bool> next;
                do
                {
                    next = hints.MoveNextAsync().AsTask();
                    Ask();
                }
                while (await next);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Hints are a convenience: lists go on now and then, and watching is begun again.
                LogWatchFailed(log, e);
            }

            try
            {
                await Task.Delay(TimeSpan.FromSeconds(1), time, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    [LoggerMessage(2020, LogLevel.Error, "the driver's instances could not be listed; tried again in a second")]
    private static partial void LogListFailed(ILogger log, Exception e);

    [LoggerMessage(2021, LogLevel.Warning, "the driver's hints ended; they are asked for again")]
    private static partial void LogWatchFailed(ILogger log, Exception e);
}
