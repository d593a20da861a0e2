using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Images;
using Homeostat.Drivers.Runtime.Oci.Readiness;

namespace Homeostat.Drivers.Runtime.Oci.Templates;

/// <summary>What clones of a revision are made of: its image, cells that have the template's files, and spares.</summary>
internal sealed record CloneSource(StoredImage Image, Reach Reach, CellPool Cells, SparePool Spares) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Spares.DisposeAsync();
        await Cells.DisposeAsync();
    }
}
