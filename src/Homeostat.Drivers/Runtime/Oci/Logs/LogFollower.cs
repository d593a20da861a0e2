using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;

namespace Homeostat.Drivers.Runtime.Oci.Logs;

/// <summary>Goes on reading an instance's log as it grows and is rotated. Woken by inotify, not by time.</summary>
internal sealed class LogFollower(InstanceId instance, string directory)
{
    /// <param name="gone">Completes when the instance is removed: what is written by then is still read.</param>
    public async IAsyncEnumerable<LogLine> FollowAsync(int tail, Task gone, [EnumeratorCancellation] CancellationToken cancel)
    {
        var files = new LogFiles(instance, directory);
        Directory.CreateDirectory(directory);
        var wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var watcher = new FileSystemWatcher(directory, "log") { NotifyFilter = NotifyFilters.FileName | NotifyFilters.Size | NotifyFilters.LastWrite };
        var rotations = 0;
        watcher.Changed += (_, _) => wake.Writer.TryWrite(true);
        watcher.Created += (_, _) =>
        {
            Interlocked.Increment(ref rotations);
            wake.Writer.TryWrite(true);
        };
        watcher.EnableRaisingEvents = true;
        _ = gone.ContinueWith(_ => wake.Writer.TryComplete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

        // The position is taken before the tail is read: a line between the two is given twice rather than lost, then skipped by its time.
        var reader = new GrowingFile(files.PathOf(0));
        reader.SkipToEnd();
        LogLine? last = null;
        foreach (var line in files.Tail(tail))
        {
            last = line;
            yield return line;
        }

        var parser = new LogParser(instance);
        var seen = Volatile.Read(ref rotations);
        for (var more = true; more;)
        {
            more = await wake.Reader.WaitToReadAsync(cancel) && wake.Reader.TryRead(out _);
            var now = Volatile.Read(ref rotations);
            foreach (var line in Read(reader, parser, last))
            {
                yield return line;
            }

            if (now != seen)
            {
                seen = now;
                reader.Dispose();
                reader = new GrowingFile(files.PathOf(0));
                foreach (var line in Read(reader, parser, last))
                {
                    yield return line;
                }
            }
        }

        reader.Dispose();
    }

    private static IEnumerable<LogLine> Read(GrowingFile file, LogParser parser, LogLine? last) =>
        file.ReadLines().Select(parser.Add).OfType<LogLine>().Where(line => last is null || line.At > last.At);
}
