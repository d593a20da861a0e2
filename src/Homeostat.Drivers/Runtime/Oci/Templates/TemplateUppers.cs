using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Roots;

namespace Homeostat.Drivers.Runtime.Oci.Templates;

/// <summary>
/// What templates wrote before they were dumped, a directory for each beside its record. It has the name for ever: clones have it as a layer of their roots, and those that sleep look
/// for it there when they wake.
/// </summary>
internal static class TemplateUppers
{
    private const string Prefix = "upper.";

    public static string NewName() => Prefix + Guid.NewGuid().ToString("n");

    public static string PathOf(DataPaths data, RevisionId revision, string name) => Path.Combine(data.TemplateOf(revision), name);

    /// <summary>Removes those of earlier templates that no cell lies on any more.</summary>
    /// <param name="kept">Name of the one of today's template; null: there is none.</param>
    public static void Collect(DataPaths data, RevisionId revision, string? kept)
    {
        var directory = data.TemplateOf(revision);
        if (!Directory.Exists(directory))
        {
            return;
        }

        var used = Directory.EnumerateDirectories(data.Cells).SelectMany(cell => PlanRecord.LayersOf(new CellPaths(cell))).ToHashSet();
        foreach (var upper in Directory.EnumerateDirectories(directory, Prefix + "*").Where(path => Path.GetFileName(path) != kept && !used.Contains(path)).ToList())
        {
            WrittenTree.TryRemove(upper);
        }
    }
}
