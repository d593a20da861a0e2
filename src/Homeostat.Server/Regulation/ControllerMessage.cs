using Homeostat.Core.Regulation;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Server.Forwarding.Contract;

namespace Homeostat.Server.Regulation;

/// <summary>What others tell a service's controller; handled in its next turn, in order.</summary>
internal abstract record ControllerMessage
{
    private ControllerMessage()
    {
    }

    /// <param name="Seen">The instance after a sleep that was done; null: gone, or another command.</param>
    /// <param name="Operation">Number of the operation the command began; a later one on the same instance makes it void.</param>
    public sealed record CommandEnded(RegulatorCommand Command, long Operation, StartReport? Ready, Failure? Failure, TimeSpan Took, ObservedInstance? Seen = null) : ControllerMessage;

    /// <param name="Instances">Of this service, as the driver lists them.</param>
    /// <param name="Began">Stamp taken before the driver was asked: what changed later is newer than the list.</param>
    public sealed record Listed(IReadOnlyList<ObservedInstance> Instances, long Began) : ControllerMessage;

    /// <param name="Prepared">The driver has prepared it.</param>
    public sealed record Applied(Revision Revision, bool Prepared) : ControllerMessage;

    public sealed record Ended(RegulatorMode Mode, TaskCompletionSource Done) : ControllerMessage;

    public sealed record Wished(WishKind Kind, Tier To, TaskCompletionSource<Failure?> Answer) : ControllerMessage;

    public sealed record Suspected(UpstreamInstance Instance, SlotOutcome Outcome) : ControllerMessage;
}
