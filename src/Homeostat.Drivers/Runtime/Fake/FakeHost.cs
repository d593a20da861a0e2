using System.Collections.Concurrent;
using System.Threading.Channels;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Drivers.Runtime.Turns;

namespace Homeostat.Drivers.Runtime.Fake;

/// <summary>
/// The world the fake driver runs on: instances and template images live here and outlive a driver, as containers outlive a killed platform.
/// A new <see cref="FakeRuntimeDriver"/> on the same host lists what the earlier one left. Safe for concurrent use.
/// </summary>
public sealed class FakeHost : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Guid, ChannelWriter<DriverHint>> _watchers = new();
    private readonly ConcurrentQueue<(FakeStep, RevisionId, InstanceId?)> _steps = new();
    private int _pid = 5_000_000;

    /// <summary>Makes a step fail from outside: asked at each step, answers the failure or null. Default: nothing fails.</summary>
    public Func<FakeStep, RevisionId, InstanceId?, Failure?>? Fault { get; set; }

    /// <summary>Calls that began each step, in order, for tests that ask what was done. Bounded: the last 10,000.</summary>
    public IReadOnlyList<(FakeStep Step, RevisionId Revision, InstanceId? Instance)> Steps => [.. _steps];

    internal TurnTable<FakeInstance> Instances { get; } = new();

    /// <summary>Memory of each revision's template image.</summary>
    internal ConcurrentDictionary<RevisionId, FakeMemory> Templates { get; } = new();

    /// <summary>Lets a program end by itself. False: there is no such program.</summary>
    public bool Crash(InstanceId id, ExitInfo exit)
    {
        if (!Instances.TryFind(id, out var instance) || !instance.End(exit))
        {
            return false;
        }

        Hint(id, $"ended: {exit}");
        return true;
    }

    /// <summary>Requests that a program has received, also those it has not answered yet; 0: there is no such program.</summary>
    public long Requests(InstanceId id) => Instances.TryFind(id, out var instance) ? instance.Memory.Count : 0;

    /// <summary>Lets a program want that many cores from now on, 0 or more: it gets what its limit allows. False: there is no such program.</summary>
    public bool Load(InstanceId id, double cores)
    {
        if (!Instances.TryFind(id, out var instance))
        {
            return false;
        }

        instance.Want(cores);
        return true;
    }

    /// <summary>Ends all programs at once, without a word to anybody.</summary>
    public ValueTask DisposeAsync()
    {
        foreach (var instance in Instances.All)
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

    /// <summary>Takes the instance, whose turn the caller has, off the host with everything it holds.</summary>
    internal void Remove(FakeInstance instance)
    {
        Instances.Remove(instance);
        instance.Dispose();
        instance.Memory.Write("removed");
    }

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
