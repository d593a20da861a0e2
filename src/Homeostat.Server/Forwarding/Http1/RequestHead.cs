namespace Homeostat.Server.Forwarding.Http1;

/// <summary>How the end of a body is known (RFC 9112 6.3).</summary>
internal enum BodyKind : byte
{
    None,

    /// <summary>Content-Length.</summary>
    Length,

    /// <summary>Transfer-Encoding: chunked.</summary>
    Chunked,

    /// <summary>Until the connection is closed; responses only.</summary>
    UntilClose,
}

/// <summary>A place in the bytes of a head.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct Span8(int At, int Length)
{
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> head) => head.Slice(At, Length);
}

/// <summary>A request head that was understood in the only way possible. Places point into the bytes it was read from. Reused; one per connection.</summary>
internal sealed class RequestHead
{
    public FieldTable Fields { get; } = new();

    public Span8 Method { get; set; }

    /// <summary>What is forwarded as request target: the origin form, or <c>*</c>; empty stands for <c>/</c> (absolute form without path).</summary>
    public Span8 Target { get; set; }

    /// <summary>The Host with its port, as received; empty when an HTTP/1.0 request had none.</summary>
    public Span8 Authority { get; set; }

    /// <summary>The host alone, without port and trailing dot.</summary>
    public Span8 HostName { get; set; }

    /// <summary>0 or 1: the minor version of HTTP/1.</summary>
    public int Minor { get; set; }

    public bool IsHead { get; set; }

    public BodyKind Body { get; set; }

    /// <summary>Length of the body if <see cref="Body"/> is <see cref="BodyKind.Length"/>.</summary>
    public long ContentLength { get; set; }

    /// <summary>The client may send another request on this connection.</summary>
    public bool KeepAlive { get; set; }

    /// <summary>The protocols offered by Upgrade; empty when none is to be forwarded.</summary>
    public Span8 Upgrade { get; set; }

    public bool ExpectContinue { get; set; }

    /// <summary>The client announced <c>TE: trailers</c>.</summary>
    public bool WantsTrailers { get; set; }

    public Span8 RequestId { get; set; }

    /// <summary>A valid traceparent; empty when one has to be made (and tracestate to be dropped).</summary>
    public Span8 TraceParent { get; set; }

    public void Clear()
    {
        Fields.Clear();
        (Method, Target, Authority, HostName) = (default, default, default, default);
        (Minor, IsHead, Body, ContentLength, KeepAlive) = (0, false, BodyKind.None, 0, false);
        (Upgrade, ExpectContinue, WantsTrailers, RequestId, TraceParent) = (default, false, false, default, default);
    }
}
