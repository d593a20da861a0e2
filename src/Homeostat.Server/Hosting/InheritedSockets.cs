using System.Net;
using System.Net.Sockets;
using System.Text;
using Homeostat.Drivers.Runtime.Oci.Rootless;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Homeostat.Server.Hosting;

/// <summary>
/// Listening sockets this process was started with: by the launcher without root, because a socket made here would listen in a network nobody reaches, or by a socket
/// unit of systemd. They take the place of --listen and, where one is named <c>admin</c>, of --admin.
/// </summary>
public static class InheritedSockets
{
    private const int TableBytes = 64 << 10;

    private static readonly Lazy<Inherited> Found = new(Look);

    /// <summary>The options with the addresses of what was inherited; unchanged where nothing was.</summary>
    public static PlatformOptions Replace(PlatformOptions options)
    {
        var (listen, admin) = (Endpoints(name => name != "admin"), Endpoints(name => name == "admin"));
        return options with { Listen = listen.Count > 0 ? listen : options.Listen, Admin = admin.Count > 0 ? admin[0] : options.Admin };
    }

    internal static bool Has(IPEndPoint endpoint) => Found.Value.Sockets.Any(one => one.Endpoint.Equals(endpoint));

    /// <summary>The inherited socket of the address, else a new one: what Kestrel listens on.</summary>
    internal static Socket Bind(EndPoint endpoint)
    {
        var found = Found.Value.Sockets.FirstOrDefault(one => one.Endpoint.Equals(endpoint));
        return found?.Take() ?? SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
    }

    /// <summary>The host's list of its TCP connections (/proc/net/tcp, six: tcp6), opened by the launcher; it names users as the host does. Null: none was handed over.</summary>
    internal static IEnumerable<string>? TcpTable(bool six)
    {
        if (!Found.Value.Files.TryGetValue(six ? "tcp6" : "tcp", out var file))
        {
            return null;
        }

        var text = new MemoryStream();
        var buffer = new byte[TableBytes];
        for (int read; (read = RandomAccess.Read(file, buffer, text.Length)) > 0;)
        {
            text.Write(buffer, 0, read);
        }

        return Encoding.ASCII.GetString(text.GetBuffer(), 0, (int)text.Length).Split('\n');
    }

    private static IReadOnlyList<IPEndPoint> Endpoints(Func<string, bool> named) => [.. Found.Value.Sockets.Where(one => named(one.Name)).Select(one => one.Endpoint)];

    private static Inherited Look()
    {
        List<ListeningSocket> sockets = [];
        Dictionary<string, SafeFileHandle> files = [];
        foreach (var (name, descriptor) in InheritedDescriptors.OfProcess())
        {
            if (name is "tcp" or "tcp6")
            {
                files[name] = new SafeFileHandle(descriptor, ownsHandle: true);
            }
            else if (ListeningSocket.Of(name, descriptor) is { } socket)
            {
                sockets.Add(socket);
            }
        }

        return new Inherited(sockets, files);
    }

    private sealed record Inherited(IReadOnlyList<ListeningSocket> Sockets, IReadOnlyDictionary<string, SafeFileHandle> Files);

    private sealed class ListeningSocket(string name, IPEndPoint endpoint, Socket socket)
    {
        private Socket? _socket = socket;

        public string Name => name;

        public IPEndPoint Endpoint => endpoint;

        /// <summary>Null: somebody listens on it already.</summary>
        public Socket? Take() => Interlocked.Exchange(ref _socket, null);

        /// <summary>Null: no TCP socket.</summary>
        public static ListeningSocket? Of(string name, int descriptor)
        {
            try
            {
                var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
                return socket.LocalEndPoint is IPEndPoint endpoint ? new ListeningSocket(name, endpoint, socket) : null;
            }
            catch (SocketException)
            {
                return null;
            }
        }
    }
}
