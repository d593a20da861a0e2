using Homeostat.Drivers.Runtime.Oci.Rootless;

namespace Homeostat.Drivers.Runtime.Oci.Cgroups;

/// <summary>Where this host keeps its control groups: one v2 tree, or v1 with a hierarchy per controller (with or without an unused v2 tree beside them).</summary>
/// <param name="Version">1 or 2.</param>
/// <param name="MountOf">Directory of the hierarchy of a controller (v1), or of the one tree (v2, key <c>""</c>).</param>
/// <param name="AllMounts">Every tree: a runtime makes groups in those without limits of ours as well (devices, blkio, systemd's, the v2 tree of a hybrid host).</param>
internal sealed record CgroupLayout(int Version, IReadOnlyDictionary<string, string> MountOf, IReadOnlyList<string> AllMounts)
{
    private static readonly string[] Controllers = ["memory", "freezer", "cpu", "cpuacct", "pids"];

    /// <summary>Without root there is none to write to: cells have no control group then.</summary>
    public static CgroupLayout None { get; } = new(1, new Dictionary<string, string>(), []);

    public static CgroupLayout OfHost() => UserNamespace.IsHostRoot ? Parse(File.ReadLines("/proc/self/mounts")) : None;

    public bool IsNone => MountOf.Count == 0;

    /// <summary>A host counts as v1 where the memory or freezer controller is mounted as v1: the hybrid's v2 tree has no controllers then.</summary>
    public static CgroupLayout Parse(IEnumerable<string> mounts)
    {
        Dictionary<string, string> v1 = [];
        string? v2 = null;
        List<string> all = [];
        foreach (var line in mounts)
        {
            var fields = line.Split(' ');
            if (fields.Length < 4)
            {
                continue;
            }

            if (fields[2] is "cgroup" or "cgroup2" && !all.Contains(fields[1]))
            {
                all.Add(fields[1]);
            }

            if (fields[2] == "cgroup2")
            {
                v2 ??= fields[1];
            }
            else if (fields[2] == "cgroup")
            {
                foreach (var option in fields[3].Split(',').Where(Controllers.Contains))
                {
                    v1.TryAdd(option, fields[1]);
                }
            }
        }

        return v1.ContainsKey("memory") || v1.ContainsKey("freezer") || v2 is null
            ? new CgroupLayout(1, v1, all)
            : new CgroupLayout(2, new Dictionary<string, string> { [""] = v2 }, all);
    }

    /// <summary>The file of a group in the tree of a controller; null where the host lacks it.</summary>
    public string? FileOf(string controller, string group, string file) =>
        MountOf.TryGetValue(Version == 2 ? "" : controller, out var mount) ? mount + group + "/" + file : null;

    public bool Has(string controller) => Version == 2
        ? controller == "freezer" || File.ReadAllText(MountOf[""] + "/cgroup.controllers").Split((char[])[' ', '\n']).Contains(controller)
        : MountOf.ContainsKey(controller);
}
