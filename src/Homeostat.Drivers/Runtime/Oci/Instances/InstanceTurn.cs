using Homeostat.Core.Runtime;

namespace Homeostat.Drivers.Runtime.Oci.Instances;

/// <summary>The right to change an instance until disposed; or why it was not given.</summary>
internal sealed class InstanceTurn(OciInstance? instance, Failure? refusal) : IDisposable
{
    public OciInstance? Instance => instance;

    public Failure? Refusal => refusal;

    public void Dispose() => instance?.Turn.Release();
}
