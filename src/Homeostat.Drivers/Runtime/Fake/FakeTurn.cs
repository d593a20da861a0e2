using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;

namespace Homeostat.Drivers.Runtime.Fake;

/// <summary>
/// A call's turn at one instance: calls on it run one after another, and one with an older generation than the last seen is refused. The last generation of
/// a removed instance is remembered, so that a start that was overtaken by its stop does not bring it back.
/// </summary>
internal readonly struct FakeTurn : IDisposable
{
    private FakeTurn(FakeInstance? instance, Failure? refusal) => (Instance, Refusal) = (instance, refusal);

    /// <summary>The instance, its turn taken; null when refused.</summary>
    public FakeInstance? Instance { get; }

    public Failure? Refusal { get; }

    public static Task<FakeTurn> TakeAsync(FakeHost host, InstanceId id, Generation generation, CancellationToken cancel) =>
        TakeOrMakeAsync(host, id, null, generation, cancel);

    public static async Task<FakeTurn> TakeOrMakeAsync(
        FakeHost host, InstanceId id, Func<FakeInstance>? make, Generation generation, CancellationToken cancel)
    {
        while (true)
        {
            if (host.LastSeen(id).Value > generation.Value)
            {
                return new FakeTurn(null, Superseded(id, generation));
            }

            if (!host.Instances.TryGetValue(id, out var instance))
            {
                if (make is null)
                {
                    host.Remember(id, generation);
                    return new FakeTurn(null, new Failure(FailureKind.NotFound, $"{id} is not known"));
                }

                instance = host.Instances.GetOrAdd(id, make());
            }

            await instance.Turn.WaitAsync(cancel);
            if (instance.Removed)
            {
                // It was removed while we waited: look again.
                instance.Turn.Release();
                continue;
            }

            if (generation.Value < instance.Seen.Value)
            {
                instance.Turn.Release();
                return new FakeTurn(null, Superseded(id, generation));
            }

            instance.Seen = generation;
            return new FakeTurn(instance, null);
        }
    }

    /// <summary>Takes the instance, whose turn the caller has, off the host with everything it holds.</summary>
    public static void Remove(FakeHost host, FakeInstance instance)
    {
        host.Remember(instance.Id, instance.Seen);
        instance.Removed = true;
        host.Instances.TryRemove(instance.Id, out _);
        instance.Dispose();
        instance.Memory.Write("removed");
    }

    public void Dispose() => Instance?.Turn.Release();

    private static Failure Superseded(InstanceId id, Generation generation) =>
        new(FailureKind.Superseded, $"{id}: generation {generation.Value} is older than the last one seen");
}
