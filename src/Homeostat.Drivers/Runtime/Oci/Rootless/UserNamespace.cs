using System.Globalization;
using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Rootless;

/// <summary>Whether this process is root of the host, or only of a user namespace of its own, and what that one lets it do. Read once: it never changes.</summary>
/// <param name="IsHost">No user namespace, or the host's: root is root.</param>
/// <param name="User">The user on the host that uid 0 is.</param>
/// <param name="Ids">Users there are in the namespace, beginning with 0.</param>
internal sealed record UserNamespace(bool IsHost, uint User, long Ids)
{
    /// <summary>All of them: the map of a host, "0 0 4294967295".</summary>
    private const long AllIds = uint.MaxValue;

    public static UserNamespace Own { get; } = Parse(File.ReadAllLines("/proc/self/uid_map"));

    /// <summary>Root of the host: control groups, criu and paging out are to be had.</summary>
    public static bool IsHostRoot => Own.IsHost && Libc.EffectiveUser() == 0;

    /// <param name="map">Lines of three numbers: first id inside, first id outside, how many (user_namespaces(7)).</param>
    public static UserNamespace Parse(IReadOnlyList<string> map)
    {
        var ranges = map.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray()).ToList();
        var root = ranges.Find(range => range is [0, _, _]);
        return root is null
            ? new UserNamespace(false, uint.MaxValue, 0)
            : new UserNamespace(root is [0, 0, AllIds], (uint)root[1], ranges.Sum(range => range[2]));
    }
}
