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

    public static IReadOnlyList<IPEndPoint> Read(Netns netns) => netns.Run(() =>
    {
        List<IPEndPoint> found = [];
        foreach (var path in ((string[])["/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"]).Where(File.Exists))
        {
            Parse(File.ReadAllText(path), found);
        }

        return found;
    });

    /// <summary>Lines are <c>sl local_address rem_address st ...</c>; an address is hex words in host byte order, then the port.</summary>
    internal static void Parse(string table, List<IPEndPoint> into)
    {
        foreach (var line in table.Split('\n').Skip(1))
        {
            var fields = line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 5 && fields[3] == Listening && fields[1].Split(':') is [var address, var port])
            {
                into.Add(new IPEndPoint(ParseAddress(address), int.Parse(port, NumberStyles.HexNumber)));
            }
        }
    }

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
