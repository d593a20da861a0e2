using System.Net;

namespace Homeostat.Drivers.Runtime.Oci.Roots;

/// <summary>The files that tell a program its name and its name servers, written into a cell's upper layer before the program starts, as Docker does.</summary>
internal static class NameFiles
{
    /// <summary>Where systemd-resolved lists the real servers when /etc/resolv.conf names only its own stub.</summary>
    private const string ResolvedUpstream = "/run/systemd/resolve/resolv.conf";

    public static void Write(string upper, string hostname, IPAddress address, string resolvConf)
    {
        var etc = Path.Combine(upper, "etc");
        Directory.CreateDirectory(etc);
        File.WriteAllText(Path.Combine(etc, "hostname"), hostname + "\n");
        File.WriteAllText(Path.Combine(etc, "hosts"), $"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n{address}\t{hostname}\n");
        File.WriteAllText(Path.Combine(etc, "resolv.conf"), resolvConf);
    }

    /// <summary>The host's resolv.conf without servers on its own loopback, which an instance can't reach.</summary>
    public static string ResolvConfOfHost()
    {
        var usual = Read("/etc/resolv.conf");
        return usual.Any(line => line.StartsWith("nameserver", StringComparison.Ordinal)) || !File.Exists(ResolvedUpstream)
            ? string.Concat(usual)
            : string.Concat(Read(ResolvedUpstream));
    }

    private static List<string> Read(string path) => !File.Exists(path)
        ? []
        : [.. File.ReadLines(path).Where(line => !IsLoopbackServer(line)).Select(line => line + "\n")];

    private static bool IsLoopbackServer(string line) =>
        line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is ["nameserver", var server, ..]
        && IPAddress.TryParse(server, out var address) && IPAddress.IsLoopback(address);
}
