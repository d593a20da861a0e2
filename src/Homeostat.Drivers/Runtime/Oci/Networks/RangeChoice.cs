using System.Buffers.Binary;
using System.Globalization;

namespace Homeostat.Drivers.Runtime.Oci.Networks;

/// <summary>Chooses an address range that no route of the host covers.</summary>
internal static class RangeChoice
{
    /// <summary>Where ranges are looked for: the ninety-six /20 of 10.88.0.0/14 and 10.92.0.0/15, 4,093 instances each.</summary>
    private const uint SearchFirst = (10u << 24) | (88u << 16);

    private const int SearchCount = 96;

    /// <summary>The first free one, beginning at a place that <paramref name="seed"/> gives: two platforms don't try the same ones in the same order.</summary>
    /// <returns>Null: all are routed elsewhere.</returns>
    public static AddressRange? Choose(int seed, IReadOnlyList<AddressRange> routed)
    {
        for (var n = 0; n < SearchCount; n++)
        {
            var candidate = new AddressRange(SearchFirst + ((uint)((seed + n) % SearchCount) << 12), 20);
            if (!routed.Any(route => route.Overlaps(candidate)))
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>The host's routes but the default one and those of <paramref name="exceptLink"/>, from <c>/proc/net/route</c> (addresses there are hex, in host byte order).</summary>
    public static IReadOnlyList<AddressRange> Routed(IEnumerable<string> procNetRoute, string exceptLink)
    {
        List<AddressRange> routes = [];
        foreach (var line in procNetRoute.Skip(1))
        {
            var fields = line.Split('\t', StringSplitOptions.TrimEntries);
            if (fields.Length < 8 || fields[0] == exceptLink)
            {
                continue;
            }

            var mask = Swapped(fields[7]);
            if (mask != 0)
            {
                routes.Add(new AddressRange(Swapped(fields[1]), System.Numerics.BitOperations.PopCount(mask)));
            }
        }

        return routes;
    }

    private static uint Swapped(string hex) =>
        BinaryPrimitives.ReverseEndianness(uint.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
}
