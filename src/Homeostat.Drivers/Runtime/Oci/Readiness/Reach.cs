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
    /// <summary>The same way to another cell: a clone listens where its template did.</summary>
    public Reach In(IPAddress own) => Way == ReachWay.Bridge ? this with { Target = new IPEndPoint(own, Target.Port) } : this;
}
