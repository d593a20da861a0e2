using System.Collections.Concurrent;
using System.Threading.Channels;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;

namespace Homeostat.Drivers.Runtime.Fake;

/// <summary>
/// The world the fake driver runs on: instances and template images live here and outlive a driver, as containers outlive a killed platform.
/// A new <see cref="FakeRuntimeDriver"/> on the same host lists what the earlier one left. Safe for concurrent use.
/// </summary>
public sealed class FakeHost : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Guid, ChannelWriter<DriverHint>> _watchers = new();
    private readonly ConcurrentQueue<(FakeStep, RevisionId, InstanceId?)> _steps = new();
    private readonly ConcurrentDictionary<InstanceId, Generation> _removed = new();
    private readonly ConcurrentQueue<InstanceId> _removedOrder = new();
    private int _pid = 5_000_000;

    /// <summary>Makes a step fail from outside: asked at each step, answers the failure or null. Default: nothing fails.</summary>
    public Func<FakeStep, RevisionId, InstanceId?, Failure?>? Fault { get; set; }

    /// <summary>Calls that began each step, in order, for tests that ask what was done. Bounded: the last 10,000.</summary>
    public IReadOnlyList<(FakeStep Step, RevisionId Revision, InstanceId? Instance)> Steps => [.. _steps];

    internal ConcurrentDictionary<InstanceId, FakeInstance> Instances { get; } = new();

    /// <summary>Memory of each revision's template image.</summary>
    internal ConcurrentDictionary<RevisionId, FakeMemory> Templates { get; } = new();

    /// <summary>Lets a program end by itself. False: there is no such program.</summary>
    public bool Crash(InstanceId id, ExitInfo exit)
    {
        if (!Instances.TryGetValue(id, out var instance) || !instance.End(exit))
        {
            return false;
        }

        Hint(id, $"ended: {exit}");
        return true;
    }

    /// <summary>Ends all programs at once, without a word to anybody.</summary>
    public ValueTask DisposeAsync()
    {
        foreach (var instance in Instances.Values)
        {
            instance.End(new ExitInfo(null, 9, false));
        }

        Instances.Clear();
        return ValueTask.CompletedTask;
    }

    /// <summary>A number no process of the host can have (above the kernel's largest pid, 4194304), so that nobody signals a stranger.</summary>
    internal int NextPid() => Interlocked.Increment(ref _pid);

    internal void Record(FakeStep step, RevisionId revision, InstanceId? instance)
    {
        _steps.Enqueue((step, revision, instance));
        if (_steps.Count > 10_000)
        {
            _steps.TryDequeue(out _);
        }
    }

    /// <summary>Remembers the last generation of an instance that is gone; the last 4096 of them.</summary>
    internal void Remember(InstanceId id, Generation generation)
    {
        if (_removed.TryAdd(id, generation))
        {
            _removedOrder.Enqueue(id);
        }
        else
        {
            _removed.AddOrUpdate(id, generation, (_, seen) => seen.Value > generation.Value ? seen : generation);
        }

        if (_removed.Count > 4096 && _removedOrder.TryDequeue(out var oldest))
        {
            _removed.TryRemove(oldest, out _);
        }
    }

    internal Generation LastSeen(InstanceId id) => _removed.GetValueOrDefault(id);

    internal void Hint(InstanceId? instance, string what)
    {
        foreach (var watcher in _watchers.Values)
        {
            watcher.TryWrite(new DriverHint(instance, what));
        }
    }

    internal (Guid Key, ChannelReader<DriverHint> Hints) Watch()
    {
        var channel = Channel.CreateBounded<DriverHint>(new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.DropOldest });
        var key = Guid.NewGuid();
        _watchers[key] = channel.Writer;
        return (key, channel.Reader);
    }

    internal void Unwatch(Guid key) => _watchers.TryRemove(key, out _);
}
