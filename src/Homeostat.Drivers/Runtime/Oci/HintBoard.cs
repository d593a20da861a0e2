using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;

namespace Homeostat.Drivers.Runtime.Oci;

/// <summary>Tells watchers to look again. A watcher that is slow loses old hints, which costs time, never truth.</summary>
internal sealed class HintBoard
{
    private const int HintsMax = 1024;

    private readonly ConcurrentDictionary<Guid, ChannelWriter<DriverHint>> _watchers = new();

    public void Post(InstanceId? instance, string what)
    {
        foreach (var watcher in _watchers.Values)
        {
            watcher.TryWrite(new DriverHint(instance, what));
        }
    }

    public async IAsyncEnumerable<DriverHint> WatchAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        var channel = Channel.CreateBounded<DriverHint>(new BoundedChannelOptions(HintsMax) { FullMode = BoundedChannelFullMode.DropOldest });
        var key = Guid.NewGuid();
        _watchers[key] = channel.Writer;
        try
        {
            await foreach (var hint in channel.Reader.ReadAllAsync(cancel))
            {
                yield return hint;
            }
        }
        finally
        {
            _watchers.TryRemove(key, out _);
        }
    }
}
