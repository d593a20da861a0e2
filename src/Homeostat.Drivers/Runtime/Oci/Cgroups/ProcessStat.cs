using System.Globalization;

namespace Homeostat.Drivers.Runtime.Oci.Cgroups;

/// <summary>What /proc/PID/stat says of a process or thread (proc_pid_stat(5)).</summary>
/// <param name="State">One letter: R, S, D, T (stopped), t (traced), Z (ended, not reaped), X.</param>
/// <param name="StartedAt">Ticks since the host started: with the id it names a process for ever.</param>
internal readonly record struct ProcessStat(char State, TimeSpan CpuTime, string StartedAt)
{
    /// <summary>USER_HZ: the same on all Linux hosts, whatever the kernel's own clock.</summary>
    private const long TicksPerSecond = 100;

    public bool IsStopped => State is 'T' or 't' or 'Z' or 'X';

    /// <summary>Null: there is no such process.</summary>
    public static ProcessStat? Read(string directory)
    {
        try
        {
            return Parse(File.ReadAllText(directory + "/stat"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The name in the second field may contain spaces and brackets: fields are counted behind its end.</summary>
    internal static ProcessStat Parse(string stat)
    {
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        // utime, stime, and those of children that were waited for: fields 14 to 17.
        var ticks = fields[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture));
        return new ProcessStat(fields[0][0], TimeSpan.FromSeconds((double)ticks / TicksPerSecond), fields[19]);
    }
}
