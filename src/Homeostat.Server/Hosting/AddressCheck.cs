using System.Net;
using System.Net.Sockets;

namespace Homeostat.Server.Hosting;

/// <summary>
/// Whether the addresses can be listened on, asked before anything is begun: a platform that finds its port taken at the end of its start would by then
/// have touched the containers of the data directory.
/// </summary>
internal static class AddressCheck
{
    /// <exception cref="PlatformException">Names every address that cannot be had.</exception>
    public static void Run(PlatformOptions options)
    {
        var wanted = options.Listen.Select(e => (e, "--listen")).Concat(options.Admin is { } admin ? [(admin, "--admin")] : []);
        var refusals = wanted.Where(w => !InheritedSockets.Has(w.Item1)).Select(w => (w, Error: Try(w.Item1))).Where(r => r.Error is not null).ToList();
        if (refusals.Count > 0)
        {
            throw new PlatformException(
                $"cannot listen on {string.Join(" and ", refusals.Select(r => $"{r.w.Item1}: {Words(r.Error!.Value)}"))}",
                $"Choose another address with {string.Join(" and ", refusals.Select(r => r.w.Item2).Distinct())}, or {Cure(refusals.Exists(r => r.Error == SocketError.AccessDenied))}.")
            {
                Conflict = refusals.Exists(r => r.Error == SocketError.AddressAlreadyInUse),
            };
        }
    }

    private static string Cure(bool isDenied) => isDenied
        ? "lower the first port that users may have (as root: sysctl -w net.ipv4.ip_unprivileged_port_start=80)"
        : "end the program that has it (ss -ltnp)";

    private static SocketError? Try(IPEndPoint endpoint)
    {
        try
        {
            using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(endpoint);
            socket.Listen();
            return null;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }

    private static string Words(SocketError error) => error switch
    {
        SocketError.AddressAlreadyInUse => "address already in use",
        SocketError.AddressNotAvailable => "no such address on this host",
        SocketError.AccessDenied => "not allowed for this user (ports below 1024)",
        _ => error.ToString(),
    };
}
