namespace Homeostat.Drivers.Runtime.Oci.Roots;

/// <summary>
/// The directory /tmp of a root that has none. Programs expect one; and criu, which works within the cell's files, tries the kernel's mounts in it before the
/// first image on a host.
/// </summary>
internal static class SharedTmp
{
    private const UnixFileMode Everybody = (UnixFileMode)0b1_111_111_111;

    /// <summary>Writes to the cell's upper layer alone. Whatever a layer has by that name (a link, a file, the mark of a removal) stays what it is.</summary>
    public static void MakeWhereMissing(IReadOnlyList<string> lowers, string upper)
    {
        if (!lowers.Any(layer => IsThere(Path.Combine(layer, "tmp"))))
        {
            var made = Path.Combine(upper, "tmp");
            Directory.CreateDirectory(made);
            File.SetUnixFileMode(made, Everybody);
        }
    }

    private static bool IsThere(string path) => Path.Exists(path) || new FileInfo(path).LinkTarget is not null;
}
