using System.Net;

namespace Homeostat.Drivers.Runtime.Oci.Readiness;

/// <summary>How a program's port is reached from the host.</summary>
internal enum ReachWay
{
    /// <summary>Over the bridge: it listens on all addresses, or on its own.</summary>
    Bridge,

    /// <summary>By a socket made inside its network namespace: it listens on a loopback address only.</summary>
    Inside,
}

/// <param name="Target">The address to connect to.</param>
internal sealed record Reach(ReachWay Way, IPEndPoint Target)
{
    /// <summary>The best way to <paramref name="port"/>, null when nothing listens there.</summary>
    public static Reach? Find(IReadOnlyList<IPEndPoint> listening, int port, IPAddress own)
    {
        Reach? inside = null;
        foreach (var endpoint in listening)
        {
            if (endpoint.Port != port)
            {
                continue;
            }

            var address = endpoint.Address.IsIPv4MappedToIPv6 ? endpoint.Address.MapToIPv4() : endpoint.Address;
            if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || address.Equals(own))
            {
                return new Reach(ReachWay.Bridge, new IPEndPoint(own, port));
            }

            inside ??= new Reach(ReachWay.Inside, new IPEndPoint(address, port));
        }

        return inside;
    }

    /// <summary>The same way to another cell: a clone listens where its template did.</summary>
    public Reach In(IPAddress own) => Way == ReachWay.Bridge ? this with { Target = new IPEndPoint(own, Target.Port) } : this;
}
