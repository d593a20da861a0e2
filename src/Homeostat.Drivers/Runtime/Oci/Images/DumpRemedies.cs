namespace Homeostat.Drivers.Runtime.Oci.Images;

/// <summary>What a person can do about a program that criu cannot dump, from criu's own words. Pure.</summary>
internal static class DumpRemedies
{
    private const string Otherwise = "checkpoint: { mode: off } keeps it frozen and paged out instead";

    /// <summary>Parts of criu's messages and the remedy; the first that matches counts.</summary>
    private static readonly (string[] Signs, string Remedy)[] Known =
    [
        (["fsnotify", "inotify", "dump that handle"],
            "it watches files: turn that off (ASP.NET: env DOTNET_hostBuilder__reloadConfigOnChange=false), or keep what it watches below its workdir"),
        (["io_uring", "iouring"], "it uses io_uring: turn that off (Node.js: env UV_USE_IO_URING=0)"),
        (["proto 262", "protocol 262", "MPTCP", "proto 0x106"], "it listens with MPTCP: turn that off (Go: env GODEBUG=multipathtcp=0)"),
        (["ghost file", "ghost_limit", "larger than"], "it holds a deleted file of more than 64 MiB open: let it close or keep such files"),
        (["External socket", "external socket", "peer is outside", "Unix socket"], "it is connected by a socket to something outside its container: connect over TCP, or reconnect on errors"),
        (["tty", "pts"], "it holds a terminal: run it without one"),
        (["No space left"], "free space on the disk of the data directory"),
        (["timed out", "Timeout", "Seizing"], "it could not be stopped in time; it is tried again later"),
        (["get rlimit"], "grant the platform CAP_SYS_RESOURCE, or use the criu that ./run builds"),
    ];

    /// <param name="reason">The reason of a <c>dump</c> that was refused.</param>
    public static string Of(string reason)
    {
        foreach (var (signs, remedy) in Known)
        {
            if (Array.Exists(signs, s => reason.Contains(s, StringComparison.Ordinal)))
            {
                return $"{remedy}; {Otherwise}";
            }
        }

        return Otherwise;
    }
}
