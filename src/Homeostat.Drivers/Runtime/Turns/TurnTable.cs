using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;

namespace Homeostat.Drivers.Runtime.Turns;

/// <summary>
/// The instances there are, and whose turn it is at each: calls on one run one after another, and one with an older generation than the last seen is refused.
/// The last generations of removed instances are remembered, so that a start that was overtaken by its stop does not bring one back. Safe for concurrent use.
/// </summary>
internal sealed class TurnTable<T>
    where T : TurnHolder
{
    private const int RemovedMax = 4096;

    private readonly ConcurrentDictionary<InstanceId, T> _instances = new();
    private readonly ConcurrentDictionary<InstanceId, Generation> _removed = new();
    private readonly ConcurrentQueue<InstanceId> _removedOrder = new();

    public IEnumerable<T> All => _instances.Values;

    public bool IsEmpty => _instances.IsEmpty;

    public T? Find(InstanceId id) => _instances.GetValueOrDefault(id);

    public bool TryFind(InstanceId id, [NotNullWhen(true)] out T? instance) => _instances.TryGetValue(id, out instance);

    public void Add(T instance) => _instances[instance.Id] = instance;

    /// <summary>Forgets all of them at once, whoever has a turn.</summary>
    public void Clear() => _instances.Clear();

    /// <summary>Waits for the turn. <paramref name="make"/> is null where an unknown instance is a failure.</summary>
    public async Task<InstanceTurn<T>> TakeAsync(InstanceId id, Func<T>? make, Generation generation, CancellationToken cancel)
    {
        while (true)
        {
            if (_removed.GetValueOrDefault(id).Value > generation.Value)
            {
                return new InstanceTurn<T>(null, Superseded(id, generation));
            }

            if (!_instances.TryGetValue(id, out var instance))
            {
                if (make is null)
                {
                    Remember(id, generation);
                    return new InstanceTurn<T>(null, new Failure(FailureKind.NotFound, $"{id} is not known"));
                }

                instance = _instances.GetOrAdd(id, _ => make());
            }

            await instance.Turn.WaitAsync(cancel);
            if (instance.Removed)
            {
                // While it was waited for: look again.
                instance.Turn.Release();
                continue;
            }

            if (generation.Value < instance.Seen.Value)
            {
                instance.Turn.Release();
                return new InstanceTurn<T>(null, Superseded(id, generation));
            }

            instance.Seen = generation;
            return new InstanceTurn<T>(instance, null);
        }
    }

    /// <summary>Takes an instance, whose turn the caller has, off the list.</summary>
    public void Remove(T instance)
    {
        Remember(instance.Id, instance.Seen);
        instance.Leave();
        _instances.TryRemove(instance.Id, out _);
    }

    private void Remember(InstanceId id, Generation generation)
    {
        if (_removed.TryAdd(id, generation))
        {
            _removedOrder.Enqueue(id);
        }
        else
        {
            _removed.AddOrUpdate(id, generation, (_, seen) => seen.Value > generation.Value ? seen : generation);
        }

        if (_removed.Count > RemovedMax && _removedOrder.TryDequeue(out var oldest))
        {
            _removed.TryRemove(oldest, out _);
        }
    }

    private static Failure Superseded(InstanceId id, Generation generation) =>
        new(FailureKind.Superseded, $"{id}: generation {generation.Value} is older than the last one seen");
}
