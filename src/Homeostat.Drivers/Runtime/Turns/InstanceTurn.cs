using Homeostat.Core.Runtime;

namespace Homeostat.Drivers.Runtime.Turns;

/// <summary>The right to change an instance until disposed; or why it was not given. Exactly one of both is set.</summary>
internal sealed class InstanceTurn<T>(T? instance, Failure? refusal) : IDisposable
    where T : TurnHolder
{
    public T? Instance => instance;

    public Failure? Refusal => refusal;

    public void Dispose() => instance?.Turn.Release();
}
