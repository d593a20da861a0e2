namespace Homeostat.Drivers.Runtime.Oci.Cells;

/// <summary>The programs that cells are made with, by absolute path.</summary>
/// <param name="Runtime">crun or runc.</param>
/// <param name="Keeper">Our keeper.</param>
/// <param name="Init">Our init, static: it runs in any root.</param>
/// <param name="Criu">A static criu that works on this kernel; null: none.</param>
internal sealed record CellTools(string Runtime, string Keeper, string Init, string? Criu);
