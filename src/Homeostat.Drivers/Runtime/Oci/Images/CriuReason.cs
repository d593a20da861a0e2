using Homeostat.Drivers.Runtime.Oci.Instances;

namespace Homeostat.Drivers.Runtime.Oci.Images;

/// <summary>Why criu could not dump or restore a program, in words for a person. Pure.</summary>
/// <param name="Cause">A clause about the program (<c>it watches files ...</c>), criu's own line behind it in parentheses.</param>
/// <param name="Remedy">What a person can do; null if nothing is known.</param>
/// <param name="IsLasting">It comes from what the program holds: trying again would fail again.</param>
internal sealed record CriuReason(string Cause, string? Remedy, bool IsLasting)
{
    /// <summary>Characters of criu's own line that are shown.</summary>
    private const int LineMax = 120;

    private const string Prefix = "criu: ";
    private const string Otherwise = "checkpoint: { mode: off } keeps it frozen and paged out instead";
    private const string Later = "it is tried again later";

    /// <summary>Lines that come with every failure, or with success too: nothing follows from them.</summary>
    private static readonly string[] Noise =
        ["tun: Unable to create tun", "RLIMIT_NOFILE", "This is not fatal", "Dumping FAILED", "Restoring FAILED", "Dump files (pid", "Dump core (pid"];

    /// <summary>Parts of criu's messages (4.2) and what they mean; the first that matches counts.</summary>
    private static readonly Meaning[] Dumps =
    [
        new("the disk of the process images is full", null, "No space left"),
        new("it watches files by inotify in a place where criu can't find them again",
            "turn the watching off (ASP.NET: env DOTNET_hostBuilder__reloadConfigOnChange=false), or keep what it watches below its workdir", "fsnotify", "inotify"),
        new("it uses io_uring, which criu can't save", "turn that off (Node.js: env UV_USE_IO_URING=0)", "io_uring", "iouring"),
        new("it listens with MPTCP, which criu can't save", "turn that off (Go: env GODEBUG=multipathtcp=0)", "proto 262", "MPTCP"),
        new("it holds a deleted file of more than 64 MiB open", "let it close such files, or not delete them", "ghost file"),
        new("it is connected by a Unix socket to something outside its container", "connect over TCP, or reconnect on errors",
            "External socket", "external socket", "peer is outside", "Unix socket"),
        new("it holds a kind of socket open that criu can't save", "let it close that, or use TCP or UDP", "Unsupported proto", "Only stream, dgram and raw", "socket family"),
        new("it holds a terminal of somebody else", "run it without one", "tty: "),
        new("it holds a device or special file open that criu can't save", "let it close that", "of that type", "Unknown file type", "chr dev", "blk dev"),
        new("it has a device mapped into its memory, which criu can't save", "let it do without", "non-regular mapping", "Unsupported mapping"),
        new("it holds a file open on a mount that is not there any more", "let it close that", "Can't lookup mount", "overmounted"),
        new("it has namespaces or a sandbox of its own, which criu can't save", "turn its sandbox off: the container is one", "nested"),
        new("it is a 32-bit program, which criu can't save", "use a 64-bit one", "32-bit"),
        new("it is being traced, and only one can trace a program", "detach the debugger", "Unseizable"),
        new("it could not be stopped in time", Later, "timed out", "Timeout", "Seizing", "can't wait task"),
        new("criu may not read its limits: the platform lacks CAP_SYS_RESOURCE", "grant that, or use the criu that ./run builds", "get rlimit"),
        new("criu broke off", Later, "ended without an answer", "ended in the middle"),
    ];

    private static readonly Meaning[] Restores =
    [
        new("the disk is full", null, "No space left"),
        new("a file that it had open or mapped was changed since", null, "has bad size", "has bad mode", "build-ID", "bad checksum"),
        new("a file that it had open is gone", null, "No such file or directory"),
        new("it could not be brought back in time", null, "timed out", "Timeout"),
        new("criu broke off", null, "ended without an answer", "ended in the middle"),
    ];

    /// <param name="reason">The reason of a <c>dump</c> that was refused or lost.</param>
    /// <param name="images">The folder it was to be written to.</param>
    public static CriuReason OfDump(string reason, string images)
    {
        var (meaning, cause) = Find(reason, Dumps, "criu can't save something that it holds");
        return meaning?.Remedy switch
        {
            _ when DiskFull.Is(reason) => new CriuReason(cause, $"free space on the disk of {images}; {Later}", IsLasting: false),
            Later => new CriuReason(cause, Later, IsLasting: false),
            { } remedy => new CriuReason(cause, $"{remedy}; or {Otherwise}", IsLasting: true),
            null => new CriuReason(cause, Otherwise, reason.StartsWith(Prefix, StringComparison.Ordinal)),
        };
    }

    /// <param name="reason">The reason of a <c>restore</c> or <c>resume</c> that failed.</param>
    public static string OfRestore(string reason) => Find(reason, Restores, "criu could not bring it back").Cause;

    private static (Meaning? Meaning, string Cause) Find(string reason, Meaning[] meanings, string otherwise)
    {
        if (!reason.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return (null, reason); // The keeper's own words, which are plain.
        }

        var lines = reason[Prefix.Length..].Split("; ").Select(l => string.Join(' ', l.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))
            .Where(line => line.Length > 0 && !Array.Exists(Noise, noise => line.Contains(noise, StringComparison.Ordinal))).ToList();
        foreach (var meaning in meanings)
        {
            if (lines.Find(line => Array.Exists(meaning.Signs, sign => line.Contains(sign, StringComparison.Ordinal))) is { } said)
            {
                return (meaning, $"{meaning.Cause} ({Prefix}{Cut(said)})");
            }
        }

        // The first is the cause, later ones follow from it.
        return (null, lines.Count == 0 ? otherwise : $"{otherwise} ({Prefix}{Cut(lines[0])})");
    }

    private static string Cut(string line) => line.Length <= LineMax ? line : line[..(LineMax - 1)] + "…";

    private sealed record Meaning(string Cause, string? Remedy, params string[] Signs);
}
