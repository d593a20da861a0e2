using Homeostat.Core.Services;

namespace Homeostat.Drivers.Runtime.Oci.Cells;

/// <summary>What the cells of a revision have in common.</summary>
/// <param name="Lowers">Layers of the root, uppermost first; never written to.</param>
/// <param name="HostUsr">The host's /usr is bound into it.</param>
internal sealed record CellPlan(IReadOnlyList<string> Lowers, bool HostUsr, IReadOnlyList<MountSpec> Mounts, long MemoryBytes)
{
    /// <summary>The same with another layer on top.</summary>
    public CellPlan Over(string upper) => this with { Lowers = [upper, .. Lowers] };
}
