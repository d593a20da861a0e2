using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Homeostat.Server.Forwarding.Http1;

/// <summary>Who is at the other end, as the forwarding fields say it. Made once per connection.</summary>
internal sealed class ClientAddress
{
    private readonly byte[] _plain;
    private readonly byte[] _forwarded;
    private readonly byte[] _scheme;

    public ClientAddress(EndPoint? remote, bool tls)
    {
        var address = (remote as IPEndPoint)?.Address;
        if (address is { IsIPv4MappedToIPv6: true })
            address = address.MapToIPv4();
        // RFC 7239 6: an unknown sender has a word for it, an IPv6 address is bracketed and quoted.
        var plain = address?.ToString() ?? "unknown";
        _plain = Encoding.ASCII.GetBytes(plain);
        _forwarded = address?.AddressFamily == AddressFamily.InterNetworkV6 ? Encoding.ASCII.GetBytes($"\"[{plain}]\"") : _plain;
        _scheme = tls ? "https"u8.ToArray() : "http"u8.ToArray();
    }

    /// <summary>For X-Forwarded-For.</summary>
    public ReadOnlySpan<byte> Plain => _plain;

    /// <summary>For Forwarded's <c>for=</c>.</summary>
    public ReadOnlySpan<byte> Forwarded => _forwarded;

    /// <summary><c>http</c> or <c>https</c>.</summary>
    public ReadOnlySpan<byte> Scheme => _scheme;
}
