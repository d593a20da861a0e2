using System.Globalization;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>What the kernel says of the control group of a process: cgroup v1 and v2.</summary>
internal sealed class CgroupProbe
{
    private readonly string _usage;
    private readonly bool _v2;

    private CgroupProbe(string usage, string limit, bool v2) => (_usage, LimitFile, _v2) = (usage, limit, v2);

    /// <summary>The file that a change of the CPU limit is written to.</summary>
    public string LimitFile { get; }

    /// <exception cref="InvalidOperationException">It is in no control group that accounts CPU time.</exception>
    public static CgroupProbe Of(int pid)
    {
        foreach (var line in File.ReadLines($"/proc/{pid}/cgroup"))
        {
            var fields = line.Split(':', 3);
            var (v1, v2) = ($"/sys/fs/cgroup/cpu{fields[2]}", $"/sys/fs/cgroup{fields[2]}");
            if (fields[1].Split(',').Contains("cpu") && File.Exists($"{v1}/cpu.cfs_quota_us"))
            {
                var account = File.Exists($"{v1}/cpuacct.usage") ? v1 : $"/sys/fs/cgroup/cpuacct{fields[2]}";
                return new CgroupProbe($"{account}/cpuacct.usage", $"{v1}/cpu.cfs_quota_us", v2: false);
            }

            if (fields[1].Length == 0 && File.Exists($"{v2}/cpu.max"))
            {
                return new CgroupProbe($"{v2}/cpu.stat", $"{v2}/cpu.max", v2: true);
            }
        }

        throw new InvalidOperationException($"process {pid} is in no control group with a CPU limit");
    }

    /// <summary>CPU time used so far.</summary>
    public TimeSpan Used()
    {
        var text = File.ReadAllText(_usage);
        return _v2
            ? TimeSpan.FromMicroseconds(long.Parse(text.AsSpan(0, text.IndexOf('\n')).ToString().Split(' ')[1], CultureInfo.InvariantCulture))
            : TimeSpan.FromMicroseconds(long.Parse(text, CultureInfo.InvariantCulture) / 1000.0);
    }
}
