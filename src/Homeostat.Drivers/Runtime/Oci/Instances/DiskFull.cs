namespace Homeostat.Drivers.Runtime.Oci.Instances;

/// <summary>Tells a full disk from other faults of the environment.</summary>
internal static class DiskFull
{
    private const int NoSpace = 28, QuotaExceeded = 122;

    /// <summary>.NET puts the errno into the HResult of an IOException on Linux.</summary>
    public static bool Is(IOException error) => error.HResult is NoSpace or QuotaExceeded || Is(error.Message);

    /// <summary>By the text of another program's message.</summary>
    public static bool Is(string message) => message.Contains("No space left on device", StringComparison.OrdinalIgnoreCase);
}
