using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Homeostat.Drivers.Runtime.Oci.Rootless;
using Homeostat.Server.Hosting;
using Microsoft.AspNetCore.Connections;

namespace Homeostat.Server.Api;

/// <summary>
/// Who is at the other end of a loopback connection: the kernel lists the owner of every socket in /proc/net/tcp. So the admin address is as closed
/// to other users of the host as the unix socket is, and curl needs no token.
/// </summary>
internal static class PeerIdentity
{
    private static readonly object Key = new();

    /// <summary>Connection middleware: finds the peer once per connection.</summary>
    public static ConnectionDelegate Identify(ConnectionDelegate next) => connection =>
    {
        if (connection is { RemoteEndPoint: IPEndPoint remote, LocalEndPoint: IPEndPoint local })
        {
            connection.Items[Key] = new Peer(OwnerOf(remote, local));
        }
        return next(connection);
    };

    /// <summary>Whether the connection comes from root, from this platform's own user, or through the unix socket.</summary>
    public static bool IsTrusted(IDictionary<object, object?> connectionItems) =>
        !connectionItems.TryGetValue(Key, out var found) || found is Peer { User: { } user } && (user == 0 || user == OwnUser());

    /// <summary>User id of the process that holds the socket from <paramref name="client"/> to <paramref name="server"/> on this host; null: not found.</summary>
    public static uint? OwnerOf(IPEndPoint client, IPEndPoint server)
    {
        foreach (var six in (bool[])[false, true])
        {
            if (client.AddressFamily == AddressFamily.InterNetworkV6 && !six)
            {
                continue;
            }
            var (from, to) = (Hex(client, six), Hex(server, six));
            foreach (var line in InheritedSockets.TcpTable(six) ?? File.ReadLines(six ? "/proc/net/tcp6" : "/proc/net/tcp"))
            {
                //   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid ...
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length > 7 && fields[1] == from && fields[2] == to && uint.TryParse(fields[7], NumberStyles.None, CultureInfo.InvariantCulture, out var user))
                {
                    return user;
                }
            }
        }
        return null;
    }

    /// <summary>As the kernel prints addresses: 32-bit words in the host's byte order, port in network order.</summary>
    private static string Hex(IPEndPoint endpoint, bool six)
    {
        var bytes = (six ? endpoint.Address.MapToIPv6() : endpoint.Address).GetAddressBytes();
        var text = string.Concat(bytes.Chunk(4).Select(word => BitConverter.ToUInt32(word).ToString("X8", CultureInfo.InvariantCulture)));
        return string.Create(CultureInfo.InvariantCulture, $"{text}:{endpoint.Port:X4}");
    }

    /// <summary>As the table names it: without root this process is uid 0 only in its own namespace.</summary>
    private static uint OwnUser() => RootlessLauncher.StartedBy ?? (Environment.IsPrivilegedProcess ? 0 : OwnUserId.Value);

    private static readonly Lazy<uint> OwnUserId = new(() =>
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("Uid:", StringComparison.Ordinal));
        return uint.Parse(line.Split('\t')[2], CultureInfo.InvariantCulture);
    });

    private sealed record Peer(uint? User);
}
