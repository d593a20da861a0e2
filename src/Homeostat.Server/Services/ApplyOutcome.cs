using Homeostat.Core.Routing;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Server.Services;

/// <summary>How an apply ended.</summary>
internal abstract record ApplyOutcome
{
    private ApplyOutcome()
    {
    }

    /// <summary>Durable and routed (or would be, for a dry run).</summary>
    public sealed record Applied(Revision Revision, bool Changed) : ApplyOutcome;

    public sealed record Invalid(IReadOnlyList<ServiceFileError> Errors) : ApplyOutcome;

    /// <summary>The file names another service or tenant than the address does.</summary>
    public sealed record NameMismatch(string Key, string InFile, string InAddress) : ApplyOutcome;

    public sealed record OtherTenant(ServiceName Service, TenantName Owner) : ApplyOutcome;

    public sealed record RoutesTaken(IReadOnlyList<RouteConflict<Revision>> Conflicts) : ApplyOutcome;

    /// <summary>The driver can't run it here. Nothing was changed.</summary>
    public sealed record NotRunnable(Failure Failure) : ApplyOutcome;
}
