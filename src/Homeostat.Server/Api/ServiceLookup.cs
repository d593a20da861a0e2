using System.Diagnostics.CodeAnalysis;
using Homeostat.Core.Explanation;
using Homeostat.Core.Services;
using Microsoft.AspNetCore.Http;

namespace Homeostat.Server.Api;

/// <summary>Addresses of services to services. The tenant <c>-</c> stands for any: names are unique on a platform.</summary>
internal static class ServiceLookup
{
    public const string AnyTenant = "-";

    public static bool TryFind(ApiParts parts, string tenant, string service, [NotNullWhen(true)] out ServiceSnapshot? found, [NotNullWhen(false)] out IResult? refusal)
    {
        found = parts.Board.View(new ServiceName(service));
        if (found is not null && tenant is not AnyTenant && found.Revision.Spec.Tenant.Value != tenant)
        {
            found = null;
        }
        refusal = found is null ? Problems.NoService(service, Of(parts, tenant).Select(s => s.Revision.Id.Service.Value)) : null;
        return found is not null;
    }

    /// <summary>The services of a tenant, by name.</summary>
    public static IEnumerable<ServiceSnapshot> Of(ApiParts parts, string tenant) =>
        parts.Board.Views().Where(s => tenant is AnyTenant || s.Revision.Spec.Tenant.Value == tenant).OrderBy(s => s.Revision.Id.Service);
}
