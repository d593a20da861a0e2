using System.Globalization;

namespace Homeostat.Drivers.Runtime.Oci.Sweep;

/// <summary>Says in the volatile directory which process is the platform, so that doctor can tell a pool's cells from what was left behind.</summary>
internal static class PlatformMark
{
    public static void Write(DataPaths data) =>
        File.WriteAllText(PathOf(data), $"{Environment.ProcessId} {StartOf(Environment.ProcessId)}");

    public static void Remove(DataPaths data) => File.Delete(PathOf(data));

    /// <summary>Whether the process that wrote it lives: its id may have been given to another one since, its start time not.</summary>
    public static bool IsAlive(DataPaths data) =>
        File.Exists(PathOf(data))
        && File.ReadAllText(PathOf(data)).Split(' ') is [var pid, var start]
        && int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && StartOf(number) == start;

    private static string PathOf(DataPaths data) => Path.Combine(data.Volatile, "platform");

    /// <summary>Field 22 of /proc/PID/stat, in ticks since the host started; the name in field 2 may contain spaces.</summary>
    private static string? StartOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
