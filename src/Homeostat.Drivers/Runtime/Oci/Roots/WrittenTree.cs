namespace Homeostat.Drivers.Runtime.Oci.Roots;

/// <summary>
/// Directories that programs wrote to. They may hold links to anywhere, also to the whole host: nothing here may look behind one. Deleting does not, listing with
/// subdirectories would.
/// </summary>
internal static class WrittenTree
{
    /// <summary>The same where what can't be removed now is met again: by the next platform at the latest.</summary>
    public static void TryRemove(string directory)
    {
        try
        {
            Remove(directory);
        }
        catch (IOException)
        {
            // Something is still written there: a full disk, a keeper in its last moment, a cell on that layer which is being taken down.
        }
    }

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
