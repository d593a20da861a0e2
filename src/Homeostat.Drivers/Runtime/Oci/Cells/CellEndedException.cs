using Homeostat.Core.Runtime;

namespace Homeostat.Drivers.Runtime.Oci.Cells;

/// <summary>Everything in the cell has ended; its keeper still tells how.</summary>
/// <param name="dump">What criu or the keeper said when a dump ended it; null: none did.</param>
internal sealed class CellEndedException(ExitInfo exit, string? dump) : IOException($"the cell has ended: {exit}")
{
    public ExitInfo Exit => exit;

    public string? Dump => dump;
}
