using System.Buffers.Binary;
using System.Net;

namespace Homeostat.Drivers.Runtime.Oci.Networks;

/// <summary>An IPv4 range <c>a.b.c.d/n</c>, n from 8 to 29. Its first host address is the bridge, the last one is the broadcast, the rest are for instances.</summary>
internal sealed record AddressRange(uint First, int Prefix)
{
    public uint Size => 1u << (32 - Prefix);

    public IPAddress Gateway => ToAddress(First + 1);

    /// <summary>Addresses for instances.</summary>
    public int Capacity => (int)Size - 3;

    /// <summary>The n-th address for instances, n from 0 to <see cref="Capacity"/> - 1.</summary>
    public IPAddress Nth(int n) => ToAddress(First + 2 + (uint)n);

    /// <summary>The inverse of <see cref="Nth"/>; null for addresses outside.</summary>
    public int? IndexOf(IPAddress address)
    {
        var n = (long)ToNumber(address) - First - 2;
        return n >= 0 && n < Capacity ? (int)n : null;
    }

    public bool Overlaps(AddressRange other)
    {
        var shorter = Math.Min(Prefix, other.Prefix);
        var mask = shorter == 0 ? 0u : uint.MaxValue << (32 - shorter);
        return (First & mask) == (other.First & mask);
    }

    /// <exception cref="FormatException">Not a range, or bits set behind the prefix.</exception>
    public static AddressRange Parse(string text)
    {
        var network = IPNetwork.Parse(text);
        if (network.BaseAddress.AddressFamily != System.Net.Sockets.AddressFamily.InterNetwork || network.PrefixLength is < 8 or > 29)
        {
            throw new FormatException($"the address range {text} must be IPv4 with a prefix from /8 to /29");
        }

        return new AddressRange(ToNumber(network.BaseAddress), network.PrefixLength);
    }

    public override string ToString() => $"{ToAddress(First)}/{Prefix}";

    private static IPAddress ToAddress(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes);
    }

    private static uint ToNumber(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());
}
