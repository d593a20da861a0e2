using System.Net;
using System.Security.Cryptography;
using System.Text;
using Homeostat.Drivers.Runtime.Oci.Networks;

namespace Homeostat.Drivers.Runtime.Oci;

/// <summary>
/// The names of everything the platform makes on the host, derived from its data directory: two platforms never touch each other's, and what was left behind
/// can be told from what belongs to others.
/// </summary>
internal sealed record PlatformName
{
    private PlatformName(string tag) => Tag = tag;

    /// <summary><c>hs</c> and six hex digits of the SHA-256 of the data directory's path.</summary>
    public string Tag { get; }

    /// <summary>Parent of all platforms' control groups.</summary>
    public const string CgroupTop = "/homeostat";

    public string Bridge => Tag;

    /// <summary>Path below the root of each cgroup hierarchy.</summary>
    public string CgroupPath => $"{CgroupTop}/{Tag}";

    /// <summary>A number to begin searches with.</summary>
    public int Seed => int.Parse(Tag.AsSpan(2), System.Globalization.NumberStyles.HexNumber);

    public static PlatformName Of(string dataDirectory) =>
        new("hs" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(dataDirectory))).AsSpan(0, 3)));

    /// <summary>Name of the link on the host: at most 15 characters (IFNAMSIZ).</summary>
    public string LinkOf(IPAddress address, AddressRange range) => $"{Tag}-{range.IndexOf(address) ?? 0:x}";

    public bool OwnsLink(string link) => link == Bridge || link.StartsWith(Tag + "-", StringComparison.Ordinal);
}
