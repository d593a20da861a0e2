using System.Buffers.Binary;

namespace Homeostat.Server.Forwarding.Http1;

/// <summary>Request ids and W3C Trace Context (level 1). Random, not secret: they connect log lines, they open nothing.</summary>
internal static class Tracing
{
    /// <summary>Length of a request id that is made here: 32 hexadecimal digits.</summary>
    public const int RequestIdLength = 32;

    /// <summary>Length of a traceparent of version 00.</summary>
    public const int TraceParentLength = 55;

    /// <summary>version "-" trace-id "-" parent-id "-" flags, lower-case hexadecimal, ids not all zero, version not ff; longer only above version 00.</summary>
    public static bool IsTraceParent(ReadOnlySpan<byte> value)
    {
        if (value.Length < TraceParentLength || value[2] != '-' || value[35] != '-' || value[52] != '-')
            return false;
        var hex = !value[..2].ContainsAnyExcept(Octets.LowerHex) && !value[3..35].ContainsAnyExcept(Octets.LowerHex)
            && !value[36..52].ContainsAnyExcept(Octets.LowerHex) && !value[53..55].ContainsAnyExcept(Octets.LowerHex);
        var zero = !value[3..35].ContainsAnyExcept((byte)'0') || !value[36..52].ContainsAnyExcept((byte)'0');
        if (!hex || zero || value[..2].SequenceEqual("ff"u8))
            return false;
        return value.Length == TraceParentLength
            || value.Length <= 128 && value[55] == '-' && !value[..2].SequenceEqual("00"u8);
    }

    public static void WriteRequestId(Span<byte> into)
    {
        WriteHex(Random.Shared.NextInt64(), into[..16]);
        WriteHex(Random.Shared.NextInt64(), into[16..32]);
    }

    /// <summary>A new trace, not sampled: nobody upstream of us asked for it.</summary>
    public static void WriteTraceParent(Span<byte> into)
    {
        "00-"u8.CopyTo(into);
        WriteRequestId(into[3..]);
        into[35] = (byte)'-';
        WriteHex(Random.Shared.NextInt64(1, long.MaxValue), into[36..52]);
        "-00"u8.CopyTo(into[52..]);
    }

    private static void WriteHex(long value, Span<byte> into)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        Convert.TryToHexStringLower(bytes, into, out _);
    }
}
