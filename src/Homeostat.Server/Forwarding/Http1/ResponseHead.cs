namespace Homeostat.Server.Forwarding.Http1;

/// <summary>A response head of a program. Places point into the bytes it was read from. Reused; one per exchange in flight.</summary>
internal sealed class ResponseHead
{
    public FieldTable Fields { get; } = new();

    public int Status { get; set; }

    public Span8 Reason { get; set; }

    public BodyKind Body { get; set; }

    public long ContentLength { get; set; }

    /// <summary>A Content-Length was there, also where no body follows (HEAD, 304).</summary>
    public bool HasLength { get; set; }

    /// <summary>The connection to the program can carry another request after this response.</summary>
    public bool KeepAlive { get; set; }

    /// <summary>The protocol switched to with 101.</summary>
    public Span8 Upgrade { get; set; }

    public void Clear()
    {
        Fields.Clear();
        (Status, Reason, Body, ContentLength, HasLength, KeepAlive, Upgrade) = (0, default, BodyKind.None, 0, false, false, default);
    }
}
