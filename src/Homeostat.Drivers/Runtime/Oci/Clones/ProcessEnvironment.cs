namespace Homeostat.Drivers.Runtime.Oci.Clones;

/// <summary>Reads the environment that a process was started with.</summary>
internal static class ProcessEnvironment
{
    /// <summary><c>KEY=value</c> entries; empty when the process is gone.</summary>
    public static IReadOnlyList<string> Of(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
