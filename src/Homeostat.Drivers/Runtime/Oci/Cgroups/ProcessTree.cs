using System.Globalization;
using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Cgroups;

/// <summary>
/// A cell without control group: the processes below its init. The program is child subreaper, so none of them leaves the tree. Frozen by SIGSTOP, which no program
/// can refuse and which a parent of the same tree hardly sees: parents are stopped before their children and run again after them.
/// </summary>
/// <remarks>Limits are not kept: there is nothing to keep them with.</remarks>
internal sealed class ProcessTree : ICellGroup
{
    private static readonly TimeSpan FreezeLimit = TimeSpan.FromSeconds(2);

    private readonly int _init;
    private readonly string? _startedAt;

    /// <summary>Those that stood before they were frozen, by their own will: they stay so.</summary>
    private HashSet<int> _stoodBefore = [];

    /// <param name="init">Process id of the cell's init.</param>
    public ProcessTree(int init) => (_init, _startedAt) = (init, ProcessStat.Read($"/proc/{init}")?.StartedAt);

    /// <summary>The id may have been given to another process since.</summary>
    public bool Exists => _startedAt is not null && ProcessStat.Read($"/proc/{_init}")?.StartedAt == _startedAt;

    public bool IsFrozen => Program() is { Count: > 0 } processes && processes.All(Stands);

    public TimeSpan CpuTime => Processes.Aggregate(TimeSpan.Zero, (sum, pid) => sum + (ProcessStat.Read($"/proc/{pid}")?.CpuTime ?? TimeSpan.Zero));

    public long MemoryBytes => Processes.Sum(PrivateBytes);

    public IReadOnlyList<int> Processes => [_init, .. Program()];

    public void Freeze()
    {
        var begun = TimeProvider.System.GetTimestamp();
        HashSet<int> told = [];
        _stoodBefore = [.. Program().Where(Stands)];
        // Again until a look finds nothing new: a process may fork between the look and its signal.
        for (var spin = new SpinWait(); !Stop(told); spin.SpinOnce())
        {
            if (TimeProvider.System.GetElapsedTime(begun) > FreezeLimit)
            {
                Thaw();
                throw new TimeoutException($"a process of the cell with init {_init} did not stop within {FreezeLimit.TotalSeconds:0} s");
            }
        }
    }

    public void Thaw()
    {
        foreach (var pid in Enumerable.Reverse(Program()).Where(pid => !_stoodBefore.Contains(pid)))
        {
            Libc.Kill(pid, Libc.SigCont);
        }

        _stoodBefore = [];
    }

    /// <summary>Whether every process stands and knew it already.</summary>
    private bool Stop(HashSet<int> told)
    {
        var done = true;
        foreach (var pid in Program())
        {
            if (told.Add(pid))
            {
                Libc.Kill(pid, Libc.SigStop);
                done = false;
            }

            done = done && Stands(pid);
        }

        return done;
    }

    /// <summary>All its threads: they stop one by one.</summary>
    private static bool Stands(int pid) =>
        Threads(pid).All(thread => ProcessStat.Read($"/proc/{pid}/task/{thread}") is not { IsStopped: false });

    /// <summary>All below init, parents before children.</summary>
    private List<int> Program()
    {
        if (!Exists)
        {
            throw new IOException($"the cell with init {_init} is gone");
        }

        var found = Children(_init);
        for (var at = 0; at < found.Count; at++)
        {
            found.AddRange(Children(found[at]));
        }

        return found;
    }

    /// <summary>The kernel lists a child with the thread that forked it.</summary>
    private static List<int> Children(int pid)
    {
        List<int> children = [];
        foreach (var thread in Threads(pid))
        {
            try
            {
                var line = File.ReadAllText($"/proc/{pid}/task/{thread}/children");
                children.AddRange(line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(child => int.Parse(child, CultureInfo.InvariantCulture)));
            }
            catch (IOException)
            {
                // The thread ended between the listing and now; its children are another thread's.
            }
        }

        return children;
    }

    private static string[] Threads(int pid)
    {
        try
        {
            return [.. Directory.EnumerateDirectories($"/proc/{pid}/task").Select(path => Path.GetFileName(path))];
        }
        catch (IOException)
        {
            // It ended.
            return [];
        }
    }

    /// <summary>Of <c>RssAnon: 1234 kB</c>: a tab, then spaces only where the number is short.</summary>
    internal static long KibiBytes(string line) => long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    /// <summary>Memory of its own and shared memory, as a control group would count it; what is of files can be given back.</summary>
    private static long PrivateBytes(int pid)
    {
        try
        {
            return File.ReadLines($"/proc/{pid}/status")
                .Where(line => line.StartsWith("RssAnon:", StringComparison.Ordinal) || line.StartsWith("RssShmem:", StringComparison.Ordinal))
                .Sum(line => KibiBytes(line) << 10);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
