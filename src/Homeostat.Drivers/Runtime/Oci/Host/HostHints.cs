using Homeostat.Drivers.Runtime.Oci.Images;
using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Host;

/// <summary>Checks of the host that are about more than whether containers run.</summary>
internal static class HostHints
{
    /// <summary>sun_path is 108 bytes: <c>/runtime/cells/CELL/keeper.sock</c> takes 39 and the end one.</summary>
    private const int DataPathBytesMax = 68;

    public static HostCheck DataPath(string data)
    {
        var runtime = new DataPaths(data).Runtime;
        if (Directory.Exists(runtime) && !FileKind.IsDirectoryOf(runtime, Libc.EffectiveUser()))
        {
            return new("data", CheckOutcome.Failed, $"{runtime} belongs to another user", "run homeostat as that user, or name another directory with --data");
        }

        var bytes = System.Text.Encoding.UTF8.GetByteCount(data);
        return bytes <= DataPathBytesMax
            ? new("data", CheckOutcome.Ok, $"the data directory is {data}")
            : new(
                "data",
                CheckOutcome.Failed,
                $"the path of the data directory has {bytes} bytes; {DataPathBytesMax} fit into the addresses of sockets",
                "use a shorter path with --data");
    }

    /// <summary>Nothing is missing without them, wakes are only slower. The platform switches them on while it runs, where the kernel's default is in force.</summary>
    public static HostCheck PageSizes() => LargeFolios.Read() switch
    {
        "always" => new("page size", CheckOutcome.Ok, "64 KiB pages are used where they fit"),
        "absent" => new("page size", CheckOutcome.Ok, "this kernel has 4 KiB pages only (64 KiB ones, from Linux 6.8 on, make wakes a third faster)"),
        "never" => new("page size", CheckOutcome.Ok, "4 KiB pages; the platform switches 64 KiB pages on while it runs"),
        var other => new("page size", CheckOutcome.Ok, $"64 KiB pages: {other}; wakes would be a third faster with always", $"echo always > {LargeFolios.DefaultPath}"),
    };

    /// <summary>Docker sets the policy of iptables' FORWARD chain to drop, for all bridges of the host.</summary>
    public static async Task<HostCheck> ForwardingAsync(string nft, string bridge, CancellationToken cancel)
    {
        try
        {
            var chain = await Command.RunAsync(nft, ["list", "chain", "ip", "filter", "FORWARD"], null, cancel);
            if (chain.Contains("policy drop", StringComparison.Ordinal) && !chain.Contains($"\"{bridge}\"", StringComparison.Ordinal)
                && !(await UserRulesAsync(nft, cancel)).Contains($"\"{bridge}\"", StringComparison.Ordinal))
            {
                return new(
                    "outbound",
                    CheckOutcome.Reduced,
                    "another program (Docker) drops forwarded packets on this host: instances can't open connections to the outside",
                    $"iptables -I DOCKER-USER -i {bridge} -j ACCEPT; iptables -I DOCKER-USER -o {bridge} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT");
            }
        }
        catch (IOException)
        {
            // No such chain: nobody else filters.
        }

        return new("outbound", CheckOutcome.Ok, "instances may open connections to the outside");
    }

    private static async Task<string> UserRulesAsync(string nft, CancellationToken cancel)
    {
        try
        {
            return await Command.RunAsync(nft, ["list", "chain", "ip", "filter", "DOCKER-USER"], null, cancel);
        }
        catch (IOException)
        {
            // Not Docker's policy, then: there is no chain for exceptions.
            return "";
        }
    }
}
