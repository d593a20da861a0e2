using System.Diagnostics.CodeAnalysis;
using Homeostat.Core.Services;
using Homeostat.Server.Forwarding.Contract;

namespace Homeostat.Server.Regulation;

/// <summary>Stands for a service that is not there yet, while its routes are compared with those that are.</summary>
internal sealed class Nobody : IUpstream
{
    public static readonly Nobody Instance = new();

    public ServiceName Service => default;

    public bool TryTake([NotNullWhen(true)] out UpstreamInstance? instance)
    {
        instance = null;
        return false;
    }

    public ValueTask<Admission> EnterAsync(long heldBytes, string trigger, CancellationToken aborted) => throw new NotSupportedException();

    public void Return(UpstreamInstance instance, SlotOutcome outcome, TimeSpan? held = null) => throw new NotSupportedException();
}
