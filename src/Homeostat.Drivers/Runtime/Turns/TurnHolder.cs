using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;

namespace Homeostat.Drivers.Runtime.Turns;

/// <summary>What an instance of any driver needs for calls on it to run one after another. Owner of its members: <see cref="TurnTable{T}"/>.</summary>
internal abstract class TurnHolder(InstanceId id)
{
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public InstanceId Id => id;

    /// <summary>One call at a time on one instance.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>The newest generation seen; read and written while holding <see cref="Turn"/>.</summary>
    public Generation Seen { get; set; }

    /// <summary>It was taken off the list; somebody may still wait for its turn.</summary>
    public bool Removed => _gone.Task.IsCompleted;

    /// <summary>Completes when it was taken off the list.</summary>
    public Task Gone => _gone.Task;

    public void Leave() => _gone.TrySetResult();
}
