using Homeostat.Drivers.Runtime.Oci.Host;
using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Rootless;

/// <summary>What is less without root: one line of <c>doctor</c> each, with the reason.</summary>
internal static class RootlessChecks
{
    private const string AsRoot = "run homeostat as root";

    public static HostCheck Cgroups { get; } = new(
        "cgroups", CheckOutcome.Reduced, "without root no control groups: memory, CPU and number of processes of instances are not limited", AsRoot);

    public static HostCheck Freezer { get; } = new(
        "freezer", CheckOutcome.Reduced, "without root no freezer: idle instances are frozen with SIGSTOP, which a program can notice when it goes on", AsRoot);

    public static HostCheck Swap { get; } = new(
        "swap", CheckOutcome.Reduced, "without root memory can't be paged out (process_madvise needs a capability of the host): frozen instances keep theirs", AsRoot);

    public static HostCheck Criu { get; } = new(
        "criu", CheckOutcome.Reduced, "without root no process images (criu needs capabilities of the host): instances sleep frozen and start cold", AsRoot);

    public static HostCheck Outbound { get; } = new(
        "outbound", CheckOutcome.Reduced, "without root instances have a network of their own: they can't open connections to the outside", AsRoot);

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
            "instances have one user only, root: programs that change their user (apache, postgres) fail",
            $"apt-get install uidmap; usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -nu {UserNamespace.Own.User}), and start the platform anew");
}
