namespace Homeostat.Server.Forwarding.Http1;

/// <summary>Writes the head a program receives: what the client said, without the fields of this hop, with who asked and how to trace it.</summary>
internal static class RequestWriter
{
    /// <summary>Room for everything that is added, without the copies of the authority.</summary>
    private const int Added = 768;

    /// <summary>Upper bound of the written length.</summary>
    public static int SizeMax(int headLength, RequestHead head) => headLength + 2 * head.Fields.Count + 3 * head.Authority.Length + Added;

    /// <summary>Writes the head.</summary>
    /// <param name="received">The bytes <paramref name="head"/> points into.</param>
    /// <param name="client">The client's address as in Forwarded's <c>for=</c>, quoted where needed, and plain.</param>
    /// <param name="target">At least <see cref="SizeMax"/> long.</param>
    /// <returns>The length written, and where the request id is in it (32..128 octets).</returns>
    public static int Write(ReadOnlySpan<byte> received, RequestHead head, ClientAddress client, Span<byte> target, out Span8 requestId)
    {
        var writer = new ByteWriter(target);
        writer.Add(head.Method.Of(received));
        writer.Add((byte)' ');
        writer.Add(head.Target.Length > 0 ? head.Target.Of(received) : "/"u8);
        writer.Add(" HTTP/1.1\r\n"u8);
        writer.AddField("Host"u8, head.Authority.Of(received));
        foreach (ref var field in head.Fields.Items)
        {
            if (field.Known == KnownField.Other && !field.Nominated
                || field.Known == KnownField.TraceState && head.TraceParent.Length > 0)
                writer.AddField(field.Name(received), field.Value(received));
        }

        Framing(ref writer, received, head);
        Origin(ref writer, head.Authority.Of(received), client);
        Tracing(ref writer, received, head, out requestId);
        writer.Add("\r\n"u8);
        return writer.Length;
    }

    private static void Framing(ref ByteWriter writer, ReadOnlySpan<byte> received, RequestHead head)
    {
        if (head.Body == BodyKind.Chunked)
            writer.Add("Transfer-Encoding: chunked\r\n"u8);
        else if (head.Body == BodyKind.Length || HadLength(head))
        {
            writer.Add("Content-Length: "u8);
            writer.Add(head.ContentLength);
            writer.Add("\r\n"u8);
        }

        if (head.ExpectContinue)
            writer.Add("Expect: 100-continue\r\n"u8);
        if (head.Upgrade.Length > 0)
        {
            writer.Add("Connection: Upgrade\r\n"u8);
            writer.AddField("Upgrade"u8, head.Upgrade.Of(received));
        }
        else if (head.WantsTrailers)
            writer.Add("TE: trailers\r\nConnection: TE\r\n"u8);
    }

    /// <summary>An explicit <c>Content-Length: 0</c> is kept: servers answer a POST without it with 411.</summary>
    private static bool HadLength(RequestHead head)
    {
        foreach (ref var field in head.Fields.Items)
        {
            if (field.Known == KnownField.ContentLength)
                return true;
        }

        return false;
    }

    private static void Origin(ref ByteWriter writer, ReadOnlySpan<byte> authority, ClientAddress client)
    {
        writer.Add("Forwarded: for="u8);
        writer.Add(client.Forwarded);
        // Quoted because of the port's colon; the parser allows no character that would need escaping.
        writer.Add(";host=\""u8);
        writer.Add(authority);
        writer.Add("\";proto="u8);
        writer.Add(client.Scheme);
        writer.Add("\r\n"u8);
        writer.AddField("X-Forwarded-For"u8, client.Plain);
        writer.AddField("X-Forwarded-Proto"u8, client.Scheme);
        writer.AddField("X-Forwarded-Host"u8, authority);
    }

    private static void Tracing(ref ByteWriter writer, ReadOnlySpan<byte> received, RequestHead head, out Span8 requestId)
    {
        writer.Add("X-Request-Id: "u8);
        requestId = new(writer.Length, head.RequestId.Length > 0 ? head.RequestId.Length : Http1.Tracing.RequestIdLength);
        if (head.RequestId.Length > 0)
            writer.Add(head.RequestId.Of(received));
        else
            Http1.Tracing.WriteRequestId(writer.Take(Http1.Tracing.RequestIdLength));
        writer.Add("\r\ntraceparent: "u8);
        if (head.TraceParent.Length > 0)
            writer.Add(head.TraceParent.Of(received));
        else
            Http1.Tracing.WriteTraceParent(writer.Take(Http1.Tracing.TraceParentLength));
        writer.Add("\r\n"u8);
    }
}
