using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Cells;

/// <summary>
/// Whether a cell that has waited in a pool still shows what one made now would: a mount shows the directory that lay at its source then, and a prepared restore has its files
/// open. A new instance must not write into what was replaced since.
/// </summary>
internal sealed class CellFreshness
{
    /// <summary>How the kernel names an open file whose name is gone.</summary>
    private const string Gone = " (deleted)";

    private const string AnonymousFile = "/memfd:";

    private readonly List<(string Source, (ulong Device, ulong Inode)? Identity)> _mounts;

    private CellFreshness(IEnumerable<MountSpec> mounts) => _mounts = [.. mounts.Select(mount => (mount.Source, FileKind.IdentityOf(mount.Source)))];

    /// <summary>To be taken before the cell is made: what changes meanwhile counts as changed.</summary>
    public static CellFreshness Of(CellPlan plan) => new(plan.Mounts);

    /// <summary>Costs some 50 us; part of the request's wait.</summary>
    public bool Holds(Cell cell) =>
        _mounts.TrueForAll(mount => FileKind.IdentityOf(mount.Source) == mount.Identity) && !cell.Cgroup.Processes.Any(HoldsReplacedFile);

    private static bool HoldsReplacedFile(int pid)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{pid}/fd")
                .Select(descriptor => new FileInfo(descriptor).LinkTarget)
                .Any(path => path is not null && path.EndsWith(Gone, StringComparison.Ordinal) && !path.StartsWith(AnonymousFile, StringComparison.Ordinal));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false; // It ended between the listing and now.
        }
    }
}
