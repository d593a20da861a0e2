namespace Homeostat.Core.Regulation.Tiers;

/// <summary>What a program does while nobody asks it for anything.</summary>
public enum IdleWork
{
    /// <summary>Cannot be seen on this host.</summary>
    Unknown,

    /// <summary>Looked at once since it became idle: a second look will tell.</summary>
    Watched,

    /// <summary>It goes on: a log is written, a queue is emptied, a timer runs.</summary>
    Works,

    Rests,
}

/// <summary>
/// Tells whether an idle program still works, from the processor time it uses between two looks. One that does is not frozen sooner than declared: what it does after its
/// answer is somebody's work, too. Time is an input. Not safe for concurrent use.
/// </summary>
public sealed class IdleWatch
{
    /// <summary>Between two looks; less than this tells nothing.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(8);

    /// <summary>Share of one processor. Runtimes tick for themselves: a JVM or .NET uses less than a hundredth.</summary>
    public const double WorksFrom = 0.05;

    private DateTimeOffset _at;
    private TimeSpan _cpu;
    private IdleWork _seen;

    /// <param name="idleSince">What was seen before is about an earlier pause.</param>
    /// <param name="cpu">Processor time used so far; null: not known.</param>
    public IdleWork Look(DateTimeOffset now, DateTimeOffset idleSince, TimeSpan? cpu)
    {
        if (cpu is not { } used)
        {
            return IdleWork.Unknown;
        }

        if (_at < idleSince || used < _cpu)
        {
            (_at, _cpu, _seen) = (now, used, IdleWork.Watched);
        }
        else if (now - _at >= Window)
        {
            _seen = (used - _cpu) > WorksFrom * (now - _at) ? IdleWork.Works : IdleWork.Rests;
            (_at, _cpu) = (now, used);
        }

        return _seen;
    }
}
