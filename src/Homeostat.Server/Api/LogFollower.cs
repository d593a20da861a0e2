using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;

namespace Homeostat.Server.Api;

/// <summary>
/// The log lines of a service: of the last instances that ended and those it has, in order of time; then, following, lines as they come, of instances that come later too.
/// </summary>
/// <param name="only">One instance alone; null: all.</param>
/// <param name="tail">Lines of the past.</param>
internal sealed class LogFollower(ApiParts parts, ServiceName service, InstanceId? only, int tail)
{
    public IAsyncEnumerable<LogLine> ReadAsync(bool follow, CancellationToken cancel) => follow ? FollowAsync(cancel) : PastAsync(cancel);

    private async IAsyncEnumerable<LogLine> PastAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        var lines = new List<LogLine>();
        foreach (var id in Instances())
        {
            await foreach (var line in parts.Driver.ReadLogsAsync(id, tail, follow: false, cancel))
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
        var readers = new Dictionary<InstanceId, Task>();
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
            await Task.WhenAll([watching, .. readers.Values]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Starts a reader for each instance there is, and again whenever something happened to the service.</summary>
    private async Task WatchAsync(Dictionary<InstanceId, Task> readers, ChannelWriter<LogLine> lines, CancellationToken cancel)
    {
        try
        {
            var seen = parts.Events.Count;
            Start(readers, lines, tail, cancel);
            await foreach (var logged in parts.Events.ReadAsync(seen, follow: true, cancel))
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

    private void Start(Dictionary<InstanceId, Task> readers, ChannelWriter<LogLine> lines, int lastLines, CancellationToken cancel)
    {
        foreach (var id in Instances())
        {
            if (!readers.ContainsKey(id))
            {
                readers[id] = CopyAsync(id, lastLines, lines, cancel);
            }
        }
    }

    private async Task CopyAsync(InstanceId id, int lastLines, ChannelWriter<LogLine> lines, CancellationToken cancel)
    {
        await foreach (var line in parts.Driver.ReadLogsAsync(id, lastLines, follow: true, cancel))
        {
            await lines.WriteAsync(line, cancel);
        }
    }

    /// <summary>Those that ended first: their lines are older.</summary>
    private IEnumerable<InstanceId> Instances() =>
        parts.Driver.EndedWithLogs(service)
            .Concat(parts.Board.View(service)?.Instances.Select(i => i.View.Id) ?? [])
            .Distinct().Where(id => only is null || id == only);
}
