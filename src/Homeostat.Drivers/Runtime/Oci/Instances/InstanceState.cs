using System.Net;
using System.Text.Json.Serialization;
using Homeostat.Drivers.Runtime.Oci.Readiness;

namespace Homeostat.Drivers.Runtime.Oci.Instances;

/// <summary>
/// What a later platform must know to take up an instance, in <see cref="InstanceStore"/>. Only what doesn't change while the cell lives: the tier and the
/// exit are asked of the keeper and the control group, which can't be out of date.
/// </summary>
/// <param name="Boot">The kernel's boot id: after a restart of the host nothing of the instance lives.</param>
/// <param name="MemoryBytes">Memory limit when its cell was taken or it last went to sleep as an image: what it was restored with must fit again.</param>
/// <param name="Imaging">Whether its service wants process images.</param>
/// <param name="Reach">How the port is reached; null until it was ready once.</param>
/// <param name="HookDue">It is being restored, and <paramref name="AfterRestore"/> is to be called before it gets traffic.</param>
internal sealed record InstanceState(
    string Id,
    string Service,
    int Revision,
    string Cell,
    string Address,
    int Port,
    long MemoryBytes,
    DateTimeOffset StartedAt,
    string Boot,
    ReachState? Reach,
    string Workdir,
    bool Imaging,
    string? AfterRestore,
    string? BeforeCheckpoint,
    bool HookDue = false);

internal sealed record ReachState(bool Inside, string Address, int Port)
{
    public static ReachState Of(Reach reach) =>
        new(reach.Way == ReachWay.Inside, reach.Target.Address.ToString(), reach.Target.Port);

    public Reach ToReach() => new(Inside ? ReachWay.Inside : ReachWay.Bridge, new IPEndPoint(IPAddress.Parse(Address), Port));
}

[JsonSerializable(typeof(InstanceState))]
[JsonSourceGenerationOptions(WriteIndented = true)]
internal sealed partial class InstanceStateJson : JsonSerializerContext;
