namespace Homeostat.Server.Forwarding.Http1;

/// <summary>The fields a gateway must understand; all others are copied as they are.</summary>
internal enum KnownField : byte
{
    Other,
    Host,
    ContentLength,
    TransferEncoding,
    Connection,
    Upgrade,
    Expect,
    TE,
    RequestId,
    TraceParent,
    TraceState,

    /// <summary>Belongs to one connection (RFC 9110 7.6.1) or is known harm (Proxy: CGI programs take it for HTTP_PROXY); never forwarded.</summary>
    HopByHop,

    /// <summary>Says who asked: only the gateway may say that, copies of clients are removed.</summary>
    Forwarding,
}

internal static class KnownFields
{
    /// <summary>
    /// Finds the field a name stands for. A name with underscores that reads like a known one with hyphens is removed as hop-by-hop:
    /// CGI, WSGI, Rack and PHP give both the same variable, so X_Forwarded_For would pass for ours.
    /// </summary>
    public static KnownField Find(ReadOnlySpan<byte> name)
    {
        if (name.Length > 32 || !name.Contains((byte)'_'))
            return FindExact(name);
        Span<byte> hyphens = stackalloc byte[name.Length];
        name.Replace(hyphens, (byte)'_', (byte)'-');
        return FindExact(hyphens) == KnownField.Other ? KnownField.Other : KnownField.HopByHop;
    }

    private static KnownField FindExact(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when Octets.Same(name, "te"u8) => KnownField.TE,
        4 when Octets.Same(name, "host"u8) => KnownField.Host,
        5 when Octets.Same(name, "proxy"u8) => KnownField.HopByHop,
        6 when Octets.Same(name, "expect"u8) => KnownField.Expect,
        7 when Octets.Same(name, "upgrade"u8) => KnownField.Upgrade,
        9 when Octets.Same(name, "forwarded"u8) || Octets.Same(name, "x-real-ip"u8) => KnownField.Forwarding,
        10 when Octets.Same(name, "connection"u8) => KnownField.Connection,
        10 when Octets.Same(name, "keep-alive"u8) => KnownField.HopByHop,
        10 when Octets.Same(name, "tracestate"u8) => KnownField.TraceState,
        11 when Octets.Same(name, "traceparent"u8) => KnownField.TraceParent,
        12 when Octets.Same(name, "x-request-id"u8) => KnownField.RequestId,
        14 when Octets.Same(name, "content-length"u8) => KnownField.ContentLength,
        14 when Octets.Same(name, "http2-settings"u8) => KnownField.HopByHop,
        16 when Octets.Same(name, "proxy-connection"u8) => KnownField.HopByHop,
        17 when Octets.Same(name, "transfer-encoding"u8) => KnownField.TransferEncoding,
        > 12 when Octets.Same(name[..12], "x-forwarded-"u8) => KnownField.Forwarding,
        _ => KnownField.Other,
    };
}
