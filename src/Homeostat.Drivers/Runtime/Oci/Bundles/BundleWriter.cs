using System.Text.Json;
using System.Text.Json.Nodes;

using Homeostat.Drivers.Runtime.Oci.Clones;
using Homeostat.Drivers.Runtime.Oci.Rootless;

namespace Homeostat.Drivers.Runtime.Oci.Bundles;

/// <summary>
/// Writes the OCI bundle (config.json, OCI runtime specification 1.0) of a cell. As strict as a default Docker or Podman container, or stricter; a test
/// compares what a program sees from inside. The values are explained in docs/architecture/runtime.md.
/// </summary>
internal static class BundleWriter
{
    /// <summary>Where the cell's init is inside; below /dev, so that the program's own files are left alone.</summary>
    public const string InitPath = "/dev/.homeostat/init";

    /// <value>Processes and threads per instance: Podman's default. Docker sets none.</value>
    public const int PidsMax = 2048;

    /// <value>Open files per process, unless the host allows fewer.</value>
    public const int OpenFilesMax = 65_536;

    private const int TerminalGroup = 5;

    /// <summary>Podman's default set. Docker's has NET_RAW (forged packets), MKNOD and AUDIT_WRITE besides.</summary>
    private static readonly string[] Capabilities =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETFCAP", "CAP_SETGID",
        "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
    ];

    private static readonly string[] MaskedPaths =
    [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/proc/sysrq-trigger", "/sys/firmware", "/sys/devices/virtual/powercap", "/sys/fs/cgroup",
    ];

    private static readonly string[] ReadOnlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys"];

    public static void Write(string bundle, BundleSpec spec) =>
        File.WriteAllBytes(Path.Combine(bundle, "config.json"), JsonSerializer.SerializeToUtf8Bytes(Make(spec)));

    internal static JsonObject Make(BundleSpec spec) => new()
    {
        ["ociVersion"] = "1.0.2",
        ["process"] = ProcessOf(),
        ["root"] = new JsonObject { ["path"] = spec.Root, ["readonly"] = false },
        ["hostname"] = spec.Hostname,
        ["mounts"] = MountsOf(spec),
        ["linux"] = LinuxOf(spec),
    };

    private static JsonObject ProcessOf()
    {
        var openFiles = Math.Min(OpenFilesMax, Host.Limits.OpenFilesHard());
        return new JsonObject
        {
            ["terminal"] = false,
            ["user"] = new JsonObject { ["uid"] = 0, ["gid"] = 0 },
            ["args"] = new JsonArray(InitPath),
            ["env"] = new JsonArray("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ["cwd"] = "/",
            ["capabilities"] = new JsonObject
            {
                ["bounding"] = Strings(Capabilities),
                ["effective"] = Strings(Capabilities),
                ["permitted"] = Strings(Capabilities),
            },
            ["noNewPrivileges"] = true,
            ["rlimits"] = new JsonArray(Limit("RLIMIT_NOFILE", openFiles), Limit("RLIMIT_CORE", 0)),
        };
    }

    private static JsonArray MountsOf(BundleSpec spec)
    {
        JsonArray mounts =
        [
            Mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
            Mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
            Mount("/dev/pts", "devpts", "devpts", [.. TerminalOptions()]),
            Mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
            Mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
            Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
            Mount(InitPath, "bind", spec.Init, "bind", "ro", "nosuid", "nodev"),
            Mount(NodePreload.PathInCell, "bind", spec.NodeScript, "bind", "ro", "nosuid", "nodev", "noexec"),
        ];
        if (spec.HostUsr)
        {
            foreach (var directory in Roots.HostRoot.BoundDirectories())
            {
                mounts.Add((JsonNode)Mount(directory, "bind", directory, "rbind", "rro", "nosuid", "nodev"));
            }
        }

        foreach (var mount in spec.Mounts)
        {
            // "rro" is for what is mounted below, nothing in the case of a file; and crun (1.8) opens its target as a directory.
            var (bind, readOnly) = File.Exists(mount.Source) ? ("bind", "ro") : ("rbind", "rro");
            mounts.Add((JsonNode)Mount(mount.Target, "bind", mount.Source, bind, mount.ReadOnly ? readOnly : "rw", "nosuid", "nodev", "rprivate"));
        }

        return mounts;
    }

    /// <summary>Terminals belong to the group tty, where there is one: without ids lent to the user there is only group 0.</summary>
    private static IEnumerable<string> TerminalOptions()
    {
        string[] options = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"];
        return UserNamespace.Own.Ids > TerminalGroup ? options.Append($"gid={TerminalGroup}") : options;
    }

    private static JsonObject LinuxOf(BundleSpec spec)
    {
        var linux = new JsonObject
        {
            ["namespaces"] = Namespaces(spec.NetnsPath),
            ["seccomp"] = SeccompProfile.Make(),
            ["maskedPaths"] = Strings(MaskedPaths),
            ["readonlyPaths"] = Strings(ReadOnlyPaths),
        };
        if (spec.CgroupPath is not null)
        {
            linux["cgroupsPath"] = spec.CgroupPath;
            linux["resources"] = new JsonObject
            {
                ["devices"] = DeviceRules(),
                ["memory"] = new JsonObject { ["limit"] = spec.MemoryBytes },
                ["pids"] = new JsonObject { ["limit"] = PidsMax },
            };
        }

        return linux;
    }

    private static JsonArray Namespaces(string network) => new(
        Namespace("pid"),
        Namespace("mount"),
        Namespace("uts"),
        Namespace("ipc"),
        Namespace("cgroup"),
        new JsonObject { ["type"] = "network", ["path"] = network });

    /// <summary>Nothing but null, zero, full, tty, random, urandom and the terminals of its own devpts. In a user namespace, where there are no such rules, no program can make a device.</summary>
    private static JsonArray DeviceRules()
    {
        JsonArray rules = [new JsonObject { ["allow"] = false, ["access"] = "rwm" }];
        foreach (var (major, minor) in ((int, int?)[])[(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2), (136, null)])
        {
            var rule = new JsonObject { ["allow"] = true, ["type"] = "c", ["major"] = major, ["access"] = "rwm" };
            if (minor is { } number)
            {
                rule["minor"] = number;
            }

            rules.Add((JsonNode)rule);
        }

        return rules;
    }

    private static JsonObject Mount(string target, string type, string source, params string[] options) =>
        new() { ["destination"] = target, ["type"] = type, ["source"] = source, ["options"] = Strings(options) };

    private static JsonObject Namespace(string type) => new() { ["type"] = type };

    private static JsonObject Limit(string type, long value) => new() { ["type"] = type, ["hard"] = value, ["soft"] = value };

    private static JsonArray Strings(IEnumerable<string> values) => [.. values.Select(value => (JsonNode)value)];
}
