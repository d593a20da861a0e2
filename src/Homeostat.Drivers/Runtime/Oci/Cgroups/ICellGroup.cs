namespace Homeostat.Drivers.Runtime.Oci.Cgroups;

/// <summary>
/// The processes of one cell as a whole: stopped, counted and limited together. A control group (<see cref="Cgroup"/>), or without root the tree of processes
/// below the cell's init (<see cref="ProcessTree"/>). Members throw <see cref="IOException"/> when it is gone.
/// </summary>
internal interface ICellGroup
{
    bool Exists { get; }

    bool IsFrozen { get; }

    TimeSpan CpuTime { get; }

    long MemoryBytes { get; }

    /// <summary>Host ids of all processes in it.</summary>
    IReadOnlyList<int> Processes { get; }

    /// <summary>Stops every task and returns once all stand. On failure they run again.</summary>
    /// <exception cref="TimeoutException">A task did not stop within two seconds.</exception>
    void Freeze();

    void Thaw();
}
