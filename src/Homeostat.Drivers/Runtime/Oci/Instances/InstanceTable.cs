using System.Collections.Concurrent;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;

namespace Homeostat.Drivers.Runtime.Oci.Instances;

/// <summary>The instances there are, and whose turn it is at each. Remembers the last generations of removed ones, so that a start overtaken by its stop stays out.</summary>
internal sealed class InstanceTable
{
    private const int RemovedMax = 4096;

    private readonly ConcurrentDictionary<InstanceId, OciInstance> _instances = new();
    private readonly ConcurrentDictionary<InstanceId, Generation> _removed = new();
    private readonly ConcurrentQueue<InstanceId> _removedOrder = new();

    public IEnumerable<OciInstance> All => _instances.Values;

    public bool IsEmpty => _instances.IsEmpty;

    public OciInstance? Find(InstanceId id) => _instances.GetValueOrDefault(id);

    public void Add(OciInstance instance) => _instances[instance.Id] = instance;

    /// <summary>Waits for the turn. <paramref name="make"/> is null where an unknown instance is a failure.</summary>
    public async Task<InstanceTurn> TakeAsync(InstanceId id, Func<OciInstance>? make, Generation generation, CancellationToken cancel)
    {
        while (true)
        {
            if (_removed.GetValueOrDefault(id).Value > generation.Value)
            {
                return new InstanceTurn(null, Superseded(id, generation));
            }

            if (!_instances.TryGetValue(id, out var instance))
            {
                if (make is null)
                {
                    Remember(id, generation);
                    return new InstanceTurn(null, new Failure(FailureKind.NotFound, $"{id} is not known"));
                }

                instance = _instances.GetOrAdd(id, _ => make());
            }

            await instance.Turn.WaitAsync(cancel);
            if (instance.Removed)
            {
                instance.Turn.Release();
                continue;
            }

            if (generation.Value < instance.Seen.Value)
            {
                instance.Turn.Release();
                return new InstanceTurn(null, Superseded(id, generation));
            }

            instance.Seen = generation;
            return new InstanceTurn(instance, null);
        }
    }

    /// <summary>Takes an instance, whose turn the caller has, off the list.</summary>
    public void Remove(OciInstance instance)
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
