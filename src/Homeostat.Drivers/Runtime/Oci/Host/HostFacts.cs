using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Cgroups;

namespace Homeostat.Drivers.Runtime.Oci.Host;

/// <summary>What a probe of the host found.</summary>
/// <param name="Tools">Null when containers can't be run; the failed checks say why.</param>
internal sealed record HostFacts(IReadOnlyList<HostCheck> Checks, CellTools? Tools, CgroupLayout Cgroups, DriverCapabilities Capabilities);
