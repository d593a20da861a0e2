using System.Globalization;
using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Rootless;

/// <summary>
/// What whoever started this process opened for it, by systemd's convention (sd_listen_fds(3)): descriptors from 3 on, named in LISTEN_FDNAMES. Our launcher without root
/// hands over so, and systemd's socket units do.
/// </summary>
public static class InheritedDescriptors
{
    private const int First = 3;

    private const string ProcessVariable = "LISTEN_PID", CountVariable = "LISTEN_FDS", NamesVariable = "LISTEN_FDNAMES";

    /// <summary>Name and descriptor, in the order they were given; empty when they are meant for another process. None is passed on to children.</summary>
    public static IReadOnlyList<KeyValuePair<string, int>> OfProcess()
    {
        var found = Parse(
            Environment.GetEnvironmentVariable(ProcessVariable),
            Environment.GetEnvironmentVariable(CountVariable),
            Environment.GetEnvironmentVariable(NamesVariable),
            Environment.ProcessId);
        if (RootlessLauncher.IsNeeded)
        {
            // The launcher is no child: it hands them on to this program's second life.
            return found;
        }

        foreach (var (_, descriptor) in found)
        {
            Libc.CloseOnExec(descriptor);
        }

        // crun takes the count as meant for its containers, whoever the process was.
        foreach (var variable in (string[])[ProcessVariable, CountVariable, NamesVariable])
        {
            Environment.SetEnvironmentVariable(variable, null);
        }

        return found;
    }

    internal static IReadOnlyList<KeyValuePair<string, int>> Parse(string? process, string? count, string? names, int own)
    {
        if (process != own.ToString(CultureInfo.InvariantCulture) || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return [];
        }

        var named = names?.Split(':') ?? [];
        return [.. Enumerable.Range(0, number).Select(at => KeyValuePair.Create(at < named.Length ? named[at] : "unknown", First + at))];
    }
}
