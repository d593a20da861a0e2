namespace Homeostat.Drivers.Runtime.Oci.Host;

/// <summary>Limits of this process, which it hands on.</summary>
internal static class Limits
{
    /// <summary>Hard limit of open files; a container can't get more where the platform lacks CAP_SYS_RESOURCE.</summary>
    public static long OpenFilesHard()
    {
        var line = File.ReadLines("/proc/self/limits").First(text => text.StartsWith("Max open files", StringComparison.Ordinal));
        var hard = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4];
        return hard == "unlimited" ? long.MaxValue : long.Parse(hard);
    }
}
