namespace Homeostat.Drivers.Runtime.Oci.Roots;

/// <summary>
/// Directories that programs wrote to. They may hold links to anywhere, also to the whole host: nothing here may look behind one. Deleting does not, listing with
/// subdirectories would.
/// </summary>
internal static class WrittenTree
{
    /// <summary>Removes the directory if it is there.</summary>
    /// <exception cref="IOException">Something is still written there.</exception>
    public static void Remove(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Gone already.
        }
    }
}
