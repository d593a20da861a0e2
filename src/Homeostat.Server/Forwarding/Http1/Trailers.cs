namespace Homeostat.Server.Forwarding.Http1;

/// <summary>Writes the end of a chunked body: the last chunk and the trailers that may be forwarded.</summary>
internal static class Trailers
{
    /// <summary>Upper bound of the written length.</summary>
    public static int SizeMax(ChunkedDecoder body) => 8 + body.Trailer.Length + 2 * body.TrailerFields.Count;

    /// <summary>Fields that frame, route or authenticate are no trailers (RFC 9110 6.5.1) and are dropped.</summary>
    public static int WriteLastChunk(ChunkedDecoder body, Span<byte> target)
    {
        var writer = new ByteWriter(target);
        writer.Add("0\r\n"u8);
        foreach (ref var field in body.TrailerFields.Items)
        {
            var name = field.Name(body.Trailer);
            if (field.Known == KnownField.Other && !Octets.Same(name, "authorization"u8) && !Octets.Same(name, "cookie"u8)
                && !Octets.Same(name, "set-cookie"u8) && !Octets.Same(name, "trailer"u8))
                writer.AddField(name, field.Value(body.Trailer));
        }

        writer.Add("\r\n"u8);
        return writer.Length;
    }
}
