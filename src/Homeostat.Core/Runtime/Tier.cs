namespace Homeostat.Core.Runtime;

/// <summary>
/// How awake an instance is. The ladder goes down when work ends and straight to <see cref="Running"/> when work arrives:
/// <code>
/// Running -> Frozen -> (PagedOut) -> Image -> Stopped
///    ^__________|___________|__________|         a Parked spare waits beside them
/// </code>
/// </summary>
public enum Tier
{
    /// <summary>Being started or restored; not ready yet.</summary>
    Starting,

    Running,

    /// <summary>Stopped by the cgroup freezer, memory kept.</summary>
    Frozen,

    /// <summary>Frozen, its memory moved to zram or swap.</summary>
    PagedOut,

    /// <summary>A sleep image on disk; no process, no memory.</summary>
    Image,

    /// <summary>Gone, except for what its revision keeps (a template image).</summary>
    Stopped,

    /// <summary>A restored clone held before its first instruction; takes no traffic until it is taken.</summary>
    Parked,
}

/// <summary>The way an instance came (back) to <see cref="Tier.Running"/>; what <c>Server-Timing</c> calls the wake's description.</summary>
public enum WakeWay
{
    /// <summary>It was running: nothing to wake.</summary>
    Running,

    /// <summary>Thawed, or paged in.</summary>
    Frozen,

    /// <summary>Restored from its sleep image, cloned from the template, or a parked spare released.</summary>
    Restored,

    Cold,
}

/// <summary>The source a new instance is started from.</summary>
public enum StartWay
{
    /// <summary>The program is executed.</summary>
    Cold,

    /// <summary>Restored from the revision's template image.</summary>
    Clone,

    /// <summary>A parked spare is released.</summary>
    Spare,
}
