namespace Homeostat.Drivers.Runtime.Oci;

/// <summary>The files of one cell, below <c>&lt;data&gt;/runtime/cells/&lt;cell&gt;/</c>. Its keeper adds its socket and the runtime's log.</summary>
internal sealed record CellPaths(string Directory)
{
    /// <summary>The OCI bundle: config.json.</summary>
    public string Bundle => Path.Combine(Directory, "bundle");

    /// <summary>Mount point of the root; empty when seen from outside the cell.</summary>
    public string Root => Path.Combine(Directory, "root");

    /// <summary>What the program wrote.</summary>
    public string Upper => Path.Combine(Directory, "upper");

    /// <summary>The overlay's scratch space.</summary>
    public string Work => Path.Combine(Directory, "work");
}
