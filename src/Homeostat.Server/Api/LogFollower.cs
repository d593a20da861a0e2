using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Homeostat.Core.Explanation;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Server.Events;

namespace Homeostat.Server.Api;

/// <summary>
/// The log lines of a service: of the last instances that ended and those it has, in order of time; then, following, lines as they come, of instances that come later too.
/// </summary>
/// <param name="view">The service at this moment; an event of it is told after its view shows what happened.</param>
/// <param name="only">One instance alone; null: all.</param>
/// <param name="tail">Lines of the past.</param>
internal sealed class LogFollower(IRuntimeDriver driver, EventLog events, Func<ServiceName, ServiceSnapshot?> view, ServiceName service, InstanceId? only, int tail)
{
    public IAsyncEnumerable<LogLine> ReadAsync(bool follow, CancellationToken cancel) => follow ? FollowAsync(cancel) : PastAsync(cancel);

    private async IAsyncEnumerable<LogLine> PastAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        var lines = new List<LogLine>();
        foreach (var id in Instances().Keys)
        {
            await foreach (var line in driver.ReadLogsAsync(id, tail, follow: false, cancel))
            {
                lines.Add(line);
            }
        }
        foreach (var line in lines.OrderBy(l => l.At).TakeLast(tail))
        {
            yield return line;
        }
    }

    private async IAsyncEnumerable<LogLine> FollowAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        // A follower that does not read makes the readers wait, not the platform's memory grow.
        var lines = Channel.CreateBounded<LogLine>(256);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var readers = new Dictionary<InstanceId, Reader>();
        var watching = WatchAsync(readers, lines.Writer, end.Token);
        try
        {
            await foreach (var line in lines.Reader.ReadAllAsync(cancel))
            {
                yield return line;
            }
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll([watching, .. readers.Values.Select(reader => reader.Copying)]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Starts a reader for each instance there is, and looks again whenever something happened to the service.</summary>
    private async Task WatchAsync(Dictionary<InstanceId, Reader> readers, ChannelWriter<LogLine> lines, CancellationToken cancel)
    {
        try
        {
            var seen = events.Count;
            Start(readers, lines, tail, cancel);
            await foreach (var logged in events.ReadAsync(seen, follow: true, cancel))
            {
                if (logged.Event.Service == service)
                {
                    Start(readers, lines, int.MaxValue, cancel);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The follower left.
        }
    }

    private void Start(Dictionary<InstanceId, Reader> readers, ChannelWriter<LogLine> lines, int lastLines, CancellationToken cancel)
    {
        foreach (var (id, isStarting) in Instances())
        {
            if (!readers.TryGetValue(id, out var reader) || reader.CameTooSoon)
            {
                readers[id] = reader = new Reader(isStarting);
                reader.Copying = CopyAsync(id, reader, lastLines, lines, cancel);
            }
        }
    }

    private async Task CopyAsync(InstanceId id, Reader reader, int lastLines, ChannelWriter<LogLine> lines, CancellationToken cancel)
    {
        await foreach (var line in driver.ReadLogsAsync(id, lastLines, follow: true, cancel))
        {
            reader.GaveLine = true;
            await lines.WriteAsync(line, cancel);
        }
    }

    /// <summary>Those that ended first: their lines are older. With each whether it is being started.</summary>
    private OrderedDictionary<InstanceId, bool> Instances()
    {
        var found = new OrderedDictionary<InstanceId, bool>();
        foreach (var id in driver.EndedWithLogs(service).Where(IsWanted))
        {
            found[id] = false;
        }
        foreach (var instance in (view(service)?.Instances ?? []).Where(instance => IsWanted(instance.View.Id)))
        {
            found.TryAdd(instance.View.Id, instance.View.Tier == Tier.Starting);
        }
        return found;
    }

    private bool IsWanted(InstanceId id) => only is null || id == only;

    /// <param name="wasStarting">Perhaps the driver had not been told of it yet, and has no lines of what it does not know.</param>
    private sealed class Reader(bool wasStarting)
    {
        public Task Copying { get; set; } = Task.CompletedTask;

        public bool GaveLine { get; set; }

        public bool CameTooSoon => wasStarting && Copying.IsCompletedSuccessfully && !GaveLine;
    }
}
