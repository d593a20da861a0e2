using Homeostat.Drivers.Runtime.Oci.Host;
using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Rootless;

/// <summary>What is less without root: one line of <c>doctor</c> each, with the reason.</summary>
internal static class RootlessChecks
{
    private const string AsRoot = "run homeostat as root";

    public static HostCheck Cgroups { get; } = new(
        "cgroups", CheckOutcome.Reduced, "memory, CPU and processes of instances are not limited: control groups need root", AsRoot);

    public static HostCheck Freezer { get; } = new(
        "freezer", CheckOutcome.Reduced, "idle instances are frozen with SIGSTOP, which a program can notice: the freezer needs root", AsRoot);

    public static HostCheck Swap { get; } = new(
        "swap", CheckOutcome.Reduced, "frozen instances keep their memory: paging it out needs root (CAP_SYS_NICE of the host)", AsRoot);

    public static HostCheck Criu { get; } = new(
        "criu", CheckOutcome.Reduced, "no process images, instances sleep frozen and start cold: criu needs root", AsRoot);

    public static HostCheck Outbound { get; } = new(
        "outbound", CheckOutcome.Reduced, "instances can't open connections to the outside: the network they share is not the host's", AsRoot);

    public static async Task<HostCheck> RootAsync(CancellationToken cancel)
    {
        if (Libc.EffectiveUser() != 0)
        {
            return await RootlessLauncher.CheckAsync(cancel)
                ?? new("root", CheckOutcome.Failed, "runs without root, outside of a user namespace", "start it with homeostat up, which enters one, or as root");
        }

        return UserNamespace.Own.IsHost
            ? new("root", CheckOutcome.Ok, "runs as root")
            : new("root", CheckOutcome.Ok, $"runs without root: user {UserNamespace.Own.User} is root of a user namespace, not of this host");
    }

    /// <summary>Null: nothing to say.</summary>
    public static HostCheck? Users() => UserNamespace.Own is not { IsHost: false, Ids: 1 }
        ? null
        : new(
            "users",
            CheckOutcome.Reduced,
            "programs that change their user (apache, postgres) fail: no further user ids are lent to this user (/etc/subuid, newuidmap)",
            $"apt-get install uidmap; usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -nu {UserNamespace.Own.User}), and start the platform anew");
}
