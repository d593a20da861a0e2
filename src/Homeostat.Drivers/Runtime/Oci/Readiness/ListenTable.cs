using System.Globalization;
using System.Net;
using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Readiness;

/// <summary>
/// All TCP addresses that are listened on in a cell's network namespace, read from the kernel's tables: for telling a person what a program does instead of
/// what was expected. Costs milliseconds on large hosts; <see cref="ListenProbe"/> is for looking often.
/// </summary>
internal static class ListenTable
{
    /// <summary>State "listen" in the fourth column.</summary>
    private const string Listening = "0A";

    private const string Established = "01";

    public static IReadOnlyList<IPEndPoint> Read(Netns netns) => netns.Run(() =>
    {
        List<(IPEndPoint Local, IPEndPoint Remote)> found = [];
        foreach (var path in Tables())
        {
            Parse(File.ReadAllText(path), Listening, found);
        }

        return (IReadOnlyList<IPEndPoint>)[.. found.Select(one => one.Local)];
    });

    /// <summary>
    /// A connection with both ends in the namespace: an image would cut it, and the program could not know. Those to the service's own port are ours, from where
    /// a program listens on its loopback only, and are made again. Of the two ports the lower one is told, as a rule the one that was listened on.
    /// </summary>
    public static IPEndPoint? InnerConnection(Netns netns, IPAddress own, int servicePort) => netns.Run(() =>
    {
        List<(IPEndPoint Local, IPEndPoint Remote)> found = [];
        foreach (var path in Tables())
        {
            Parse(File.ReadAllText(path), Established, found);
        }

        return found.Select(one => one.Remote).OrderBy(remote => remote.Port).FirstOrDefault(remote =>
            (IPAddress.IsLoopback(Plain(remote.Address)) || Plain(remote.Address).Equals(own))
            && found.Exists(other => other.Local.Port == remote.Port)
            && !found.Exists(one => (one.Remote.Equals(remote) && one.Local.Port == servicePort) || remote.Port == servicePort));
    });

    private static IEnumerable<string> Tables() => ((string[])["/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"]).Where(File.Exists);

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>Lines are <c>sl local_address rem_address st ...</c>; an address is hex words in host byte order, then the port.</summary>
    private static void Parse(string table, string state, List<(IPEndPoint Local, IPEndPoint Remote)> into)
    {
        foreach (var line in table.Split('\n').Skip(1))
        {
            var fields = line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 5 && fields[3] == state)
            {
                into.Add((ParseEndPoint(fields[1]), ParseEndPoint(fields[2])));
            }
        }
    }

    private static IPEndPoint ParseEndPoint(string text) =>
        text.Split(':') is [var address, var port] ? new(ParseAddress(address), int.Parse(port, NumberStyles.HexNumber)) : new(IPAddress.None, 0);

    private static IPAddress ParseAddress(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        for (var word = 0; word < bytes.Length; word += 4)
        {
            bytes.AsSpan(word, 4).Reverse();
        }

        return new IPAddress(bytes);
    }
}
