using System.Net;
using Homeostat.Core.Services;

namespace Homeostat.Core.Runtime;

/// <summary>What the runtime driver sees of an instance right now: the truth the regulator plans from.</summary>
/// <param name="Pid">Process id of the program on the host; null where no process lives.</param>
/// <param name="Endpoint">Where it listens, as seen from the host; null where nothing listens.</param>
/// <param name="StartedAt">When the program was first started or cloned.</param>
/// <param name="CpuTime">CPU time used since then.</param>
/// <param name="MemoryBytes">Resident memory now.</param>
/// <param name="ImageBytes">Size of its sleep image; 0 without.</param>
/// <param name="Exit">Set once the program ended by itself.</param>
/// <param name="Limits">What it may use at most, as the kernel has it; null where that is not known (no control group, or no container now).</param>
public sealed record ObservedInstance(
    InstanceId Id,
    RevisionId Revision,
    Tier Tier,
    int? Pid,
    IPEndPoint? Endpoint,
    DateTimeOffset StartedAt,
    TimeSpan CpuTime,
    long MemoryBytes,
    long ImageBytes = 0,
    ExitInfo? Exit = null,
    ResourceLimits? Limits = null);

/// <summary>How a program ended.</summary>
/// <param name="Code">Exit code 0..255, or null if a signal ended it.</param>
/// <param name="Signal">Signal number, or null.</param>
/// <param name="OutOfMemory">The kernel killed it, or a process of it, at its memory limit.</param>
/// <param name="LeftProcesses">It ended, but processes that it had made did not: it went into the background.</param>
public sealed record ExitInfo(int? Code, int? Signal, bool OutOfMemory, bool LeftProcesses = false)
{
    /// <summary>For people: <c>exit code 3</c>, <c>killed by signal 9 (out of memory at its limit)</c>.</summary>
    public override string ToString() => (Code, OutOfMemory) switch
    {
        (int code, true) => $"exit code {code}, after a process of it was killed (out of memory at its limit)",
        (int code, _) when LeftProcesses => $"exit code {code}, although it left processes behind",
        (int code, _) => $"exit code {code}",
        (null, true) => $"killed by signal {Signal} (out of memory at its limit)",
        _ => $"killed by signal {Signal}",
    };

    /// <summary>What a person can do.</summary>
    public string RemedyFor(ServiceName service) => this switch
    {
        { OutOfMemory: true } => "raise resources.memory.base",
        { LeftProcesses: true, Code: 0 } => "let it stay in the foreground, its container ends with it (nginx: -g 'daemon off;', Apache: -DFOREGROUND)",
        _ => $"see homeostat logs {service}",
    };
}

/// <summary>Why something asked of the driver did not happen.</summary>
public enum FailureKind
{
    /// <summary>The command does not exist in the container or is not executable.</summary>
    CommandNotFound,

    /// <summary>The program ended before it was ready.</summary>
    ProgramExited,

    /// <summary>Nothing listened on the port in time.</summary>
    NeverListened,

    /// <summary>The port listened, the health path did not answer 2xx or 3xx in time.</summary>
    Unhealthy,

    /// <summary>criu could not dump the program.</summary>
    DumpFailed,

    /// <summary>criu could not restore the image.</summary>
    RestoreFailed,

    /// <summary>There is no image (or template) to restore.</summary>
    NoImage,

    /// <summary>The address range is exhausted.</summary>
    NoAddress,

    /// <summary>The tenant's quota is used up.</summary>
    QuotaReached,

    /// <summary>Disk full.</summary>
    NoSpace,

    /// <summary>The host can't do it (no criu, no root, no freezer ...); doctor tells the remedy.</summary>
    NotSupported,

    /// <summary>The instance is not known or not in a tier that allows it.</summary>
    NotFound,

    /// <summary>An older generation than the last one seen.</summary>
    Superseded,

    Cancelled,

    /// <summary>Anything else of the environment.</summary>
    Environment,
}

/// <summary>A failure with what happened and what a person can do.</summary>
/// <param name="Message">What happened, one line; where the program's output tells why, behind <see cref="LastLines"/>.</param>
/// <param name="Remedy">What would mend it; null if nothing is known.</param>
public sealed record Failure(FailureKind Kind, string Message, string? Remedy = null)
{
    /// <summary>What is behind it in a message is for the service's owner: programs write secrets, too.</summary>
    public const string LastLines = "; last lines: ";

    /// <summary>The message for whoever sent a request: how it ended, nothing that the program wrote.</summary>
    public string MessageForClients => Message.Split(LastLines, 2)[0];
}
