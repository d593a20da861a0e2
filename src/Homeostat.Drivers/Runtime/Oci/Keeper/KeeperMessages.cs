using Homeostat.Core.Runtime;

namespace Homeostat.Drivers.Runtime.Oci.Keeper;

/// <summary>How a keeper and its cell are made.</summary>
internal sealed record KeeperSettings
{
    /// <summary>Id of the cell and of the OCI container: 1 to 64 of letters, digits, <c>-</c> and <c>_</c>; unique on the host.</summary>
    public required string Id { get; init; }

    /// <summary>Existing directory of the cell; socket and runtime log appear there. At most 95 bytes: it becomes part of a socket address.</summary>
    public required string Directory { get; init; }

    /// <summary>OCI bundle whose first process is our init.</summary>
    public required string Bundle { get; init; }

    /// <summary>Path of crun or runc.</summary>
    public required string Runtime { get; init; }

    /// <summary>State directory of the runtime, shared by all cells.</summary>
    public required string RuntimeRoot { get; init; }

    /// <summary>Path of the static criu; null: programs run, but cannot become images.</summary>
    public string? Criu { get; init; }

    /// <summary>Directory on a tmpfs for criu's cache of kernel features, shared by all cells; nothing else lies in it.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>One or two directories, memory first, directly below which all images lie.</summary>
    public required IReadOnlyList<string> ImageRoots { get; init; }

    /// <value>Whether the cell has control groups of its own. Default true.</value>
    public bool ControlGroups { get; init; } = true;

    /// <summary>Path of the keeper's executable.</summary>
    public required string Keeper { get; init; }

    /// <value>Bytes of one log file, at least 4096. Default 4 MiB.</value>
    public long LogBytesMax { get; init; } = 4 << 20;

    /// <value>Log files kept per instance, 1 to 100. Default 3.</value>
    public int LogFilesMax { get; init; } = 3;
}

/// <summary>What to execute in a cell.</summary>
/// <param name="Arguments">Command and arguments; a command without slash is searched in the PATH of <paramref name="Environment"/>.</param>
/// <param name="Environment"><c>KEY=value</c>; the whole environment of the program.</param>
/// <param name="Workdir">Absolute path in the cell.</param>
/// <param name="LogDirectory">Where its output goes; made if missing, in a directory that exists.</param>
internal sealed record ProgramStart(IReadOnlyList<string> Arguments, IReadOnlyList<string> Environment, string Workdir, string LogDirectory);

/// <param name="State"><c>empty</c>, <c>prepared</c>, <c>parked</c>, <c>running</c>, <c>ended</c>.</param>
/// <param name="InitPid">Host pid of the cell's init.</param>
/// <param name="ProgramPid">Host pid of the program; null without.</param>
/// <param name="Exit">Set in state <c>ended</c>.</param>
/// <param name="Dumped">In state <c>empty</c>: the directory that the last program of the cell was dumped into completely, and not restored from since; null: there is none.</param>
/// <param name="Lost">In state <c>ended</c>: why a dump ended the cell; null if none did.</param>
internal sealed record KeeperStatus(string State, int InitPid, int? ProgramPid, ExitInfo? Exit, string? Dumped, string? Lost);

/// <param name="Kind">Empty when <paramref name="Ok"/>, else <c>state</c>, <c>program</c>, <c>image</c>, <c>refused</c>, <c>lost</c>,
/// <c>unsupported</c>, <c>environment</c>, <c>protocol</c>, <c>gone</c> (the keeper is dead, and its cell with it).</param>
/// <param name="Reason">What happened, for people; empty when ok.</param>
/// <param name="Pid">Host pid of the program, where there is one.</param>
internal sealed record KeeperAnswer(bool Ok, string Kind, string Reason, int? Pid)
{
    /// <summary>Findings of <c>prime</c>: one line each, what was found, primed and refused.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];

    /// <summary>criu's stages of a restore, each with the time since the order: <c>pre-restore</c> (images read), <c>post-restore</c> (memory and
    /// threads there), <c>pre-resume</c>, <c>post-resume</c> (runs).</summary>
    public IReadOnlyList<KeyValuePair<string, TimeSpan>> Stages { get; init; } = [];
}
