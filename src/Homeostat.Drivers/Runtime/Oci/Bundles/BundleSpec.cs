using Homeostat.Core.Services;

namespace Homeostat.Drivers.Runtime.Oci.Bundles;

/// <summary>What differs between the bundles of two cells.</summary>
/// <param name="Root">Directory that is the container's root (an overlay mounted in the keeper's mount namespace).</param>
/// <param name="Init">The static init on the host; bound read-only at <see cref="BundleWriter.InitPath"/>.</param>
/// <param name="NodeScript">Bound read-only at <see cref="Clones.NodePreload.PathInCell"/>.</param>
/// <param name="NetnsPath">Path of the network namespace to join.</param>
/// <param name="CgroupPath">Path below the root of each cgroup hierarchy; null: without control groups, and so without limits.</param>
/// <param name="MemoryBytes">Hard memory limit.</param>
/// <param name="HostUsr">Also bind the host's /usr (and what is not merged into it) read-only.</param>
/// <param name="Mounts">The service's own mounts, checked before.</param>
internal sealed record BundleSpec(
    string Root,
    string Init,
    string NodeScript,
    string Hostname,
    string NetnsPath,
    string? CgroupPath,
    long MemoryBytes,
    bool HostUsr,
    IReadOnlyList<MountSpec> Mounts);
