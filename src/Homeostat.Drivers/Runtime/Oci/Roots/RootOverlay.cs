using Homeostat.Drivers.Runtime.Oci.Native;
using Homeostat.Drivers.Runtime.Oci.Rootless;

namespace Homeostat.Drivers.Runtime.Oci.Roots;

/// <summary>
/// The writable root of one cell: an overlay of the revision's root (never written to) and the cell's own upper directory on the data directory's disk.
/// Mounted in a mount namespace of the cell alone: it is in nobody else's mount table and vanishes with the cell, even after <c>kill -9</c>.
/// </summary>
internal static class RootOverlay
{
    /// <summary>In a user namespace the overlay's own marks must be attributes that a user may set (Linux 5.11).</summary>
    private static string Marks => UserNamespace.IsHostRoot ? "" : ",userxattr";

    /// <summary>Takes the calling thread into a mount namespace of its own and mounts the overlay there.</summary>
    /// <remarks>Propagation is "slave": what the host unmounts later goes here too, so that a cell never keeps a disk busy; nothing goes the other way.</remarks>
    /// <exception cref="IOException">The kernel refuses; the message names the directories.</exception>
    public static void Enter(IReadOnlyList<string> lowers, CellPaths paths)
    {
        Libc.Check(Libc.Unshare(Libc.CloneNewNs), "making a mount namespace");
        Libc.Check(Libc.Mount(null, "/", null, Libc.MsRec | Libc.MsSlave, null), "making mounts private");
        var options = $"lowerdir={string.Join(':', lowers.Select(Escape))},upperdir={Escape(paths.Upper)},workdir={Escape(paths.Work)}{Marks}";
        Libc.Check(
            Libc.Mount("overlay", paths.Root, "overlay", 0, options),
            $"mounting an overlay of {string.Join(" and ", lowers)} with its upper directory in {paths.Upper}");
    }

    /// <summary>Commas, colons and backslashes separate options and layers.</summary>
    private static string Escape(string path) => path.Replace("\\", "\\\\").Replace(",", "\\,").Replace(":", "\\:");
}
