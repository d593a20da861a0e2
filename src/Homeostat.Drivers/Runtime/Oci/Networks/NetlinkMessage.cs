using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace Homeostat.Drivers.Runtime.Oci.Networks;

/// <summary>Builds one rtnetlink request (netlink(7), rtnetlink(7)): header, fixed part, attributes padded to four bytes, nested ones by <see cref="Nest"/>.</summary>
internal sealed class NetlinkMessage(ushort type, ushort flags)
{
    private const int HeaderBytes = 16;

    private byte[] _bytes = new byte[256];
    private int _length = HeaderBytes;

    public NetlinkMessage Fixed(ReadOnlySpan<byte> part)
    {
        part.CopyTo(Grow(part.Length));
        Pad();
        return this;
    }

    /// <summary>struct ifinfomsg.</summary>
    public NetlinkMessage Link(byte family, int index, uint flags, uint change)
    {
        var part = Grow(16);
        part[0] = family;
        BinaryPrimitives.WriteInt32LittleEndian(part[4..], index);
        BinaryPrimitives.WriteUInt32LittleEndian(part[8..], flags);
        BinaryPrimitives.WriteUInt32LittleEndian(part[12..], change);
        return this;
    }

    public NetlinkMessage Attribute(ushort kind, ReadOnlySpan<byte> value)
    {
        var part = Grow(4 + value.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(part, (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(part[2..], kind);
        value.CopyTo(part[4..]);
        Pad();
        return this;
    }

    public NetlinkMessage Attribute(ushort kind, string value) => Attribute(kind, [.. Encoding.ASCII.GetBytes(value), 0]);

    public NetlinkMessage Attribute(ushort kind, int value) => Attribute(kind, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));

    public NetlinkMessage Attribute(ushort kind, byte value) => Attribute(kind, [value]);

    public NetlinkMessage Attribute(ushort kind, IPAddress value) => Attribute(kind, value.GetAddressBytes());

    public NetlinkMessage Nest(ushort kind, Action<NetlinkMessage> inner)
    {
        var start = _length;
        Attribute(kind, []);
        inner(this);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(start), (ushort)(_length - start));
        return this;
    }

    public ReadOnlySpan<byte> Finish(uint sequence)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes, _length);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(4), type);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(6), flags);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(8), sequence);
        return _bytes.AsSpan(0, _length);
    }

    private Span<byte> Grow(int count)
    {
        if (_length + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        }

        var part = _bytes.AsSpan(_length, count);
        _length += count;
        return part;
    }

    private void Pad() => Grow((4 - (_length & 3)) & 3);
}
