using System.Diagnostics.CodeAnalysis;
using System.Text;
using Homeostat.Core.Services;

namespace Homeostat.Core.Routing;

/// <summary>
/// Host and path to whoever serves them. Immutable: a request uses the table it took at its start, a change makes a new table.
/// </summary>
/// <remarks>
/// <para>Order: the exact host, then wildcards from the longest domain to the shortest; within a host the longest path prefix, on segment
/// boundaries (<c>/api</c> covers <c>/api</c> and <c>/api/x</c>, not <c>/apix</c>). A host whose prefixes all fail passes on to the next wildcard.</para>
/// <para>Hosts are compared without case and without one trailing dot; hosts in Unicode by their punycode. The caller strips the port.
/// Paths are compared as they were sent, undecoded, so the choice here is made on the same bytes as the program's.</para>
/// <para><see cref="TryFind"/> takes one lookup for the exact host and one per label for wildcards, and allocates nothing for ASCII hosts.</para>
/// </remarks>
public sealed class RouteTable<T> where T : class
{
    /// <summary>No name on the wire is longer (RFC 1035 2.3.4), so nothing longer is looked up.</summary>
    private const int HostLengthMax = 253;

    // Never written after the constructor.
    private readonly Dictionary<string, Claim[]>.AlternateLookup<ReadOnlySpan<char>> _exact;
    private readonly Dictionary<string, Claim[]>.AlternateLookup<ReadOnlySpan<char>> _wildcards;
    private readonly bool _anyWildcard;

    internal RouteTable(Dictionary<string, List<Claim>> exact, Dictionary<string, List<Claim>> wildcards)
    {
        _exact = Freeze(exact);
        _wildcards = Freeze(wildcards);
        _anyWildcard = wildcards.Count > 0;
    }

    /// <param name="host">Host without port, in any case; a trailing dot is ignored.</param>
    /// <param name="path">Path without query, as received.</param>
    public bool TryFind(ReadOnlySpan<char> host, ReadOnlySpan<char> path, [NotNullWhen(true)] out T? target)
    {
        if (host.Length > 0 && host[^1] == '.')
        {
            host = host[..^1];
        }
        target = null;
        if (host.IsEmpty || host.Length > HostLengthMax)
        {
            return false;
        }
        if (!Ascii.IsValid(host))
        {
            return HostName.TryToAscii(host.ToString(), out var ascii) && TryFindAscii(ascii, path, out target);
        }
        return TryFindAscii(host, path, out target);
    }

    private bool TryFindAscii(ReadOnlySpan<char> host, ReadOnlySpan<char> path, [NotNullWhen(true)] out T? target)
    {
        target = _exact.TryGetValue(host, out var claims) ? Longest(claims, path) : null;
        while (target is null && _anyWildcard && host.IndexOf('.') is > 0 and var dot)
        {
            host = host[(dot + 1)..];
            if (_wildcards.TryGetValue(host, out claims))
            {
                target = Longest(claims, path);
            }
        }
        return target is not null;
    }

    private static T? Longest(Claim[] claims, ReadOnlySpan<char> path)
    {
        foreach (var claim in claims)
        {
            if (PathPrefix.Covers(claim.Prefix, path))
            {
                return claim.Target;
            }
        }
        return null;
    }

    private static Dictionary<string, Claim[]>.AlternateLookup<ReadOnlySpan<char>> Freeze(Dictionary<string, List<Claim>> hosts) =>
        hosts.ToDictionary(h => h.Key, h => h.Value.OrderByDescending(c => c.Prefix.Length).ToArray(), StringComparer.OrdinalIgnoreCase)
            .GetAlternateLookup<ReadOnlySpan<char>>();

    internal sealed record Claim(string Prefix, T Target);
}

/// <summary>Makes route tables.</summary>
public static class RouteTable
{
    public static RouteTable<T> Empty<T>() where T : class => Build<T>([]).Table;

    /// <summary>
    /// Makes a table. Of two claims on the same host and prefix the first one keeps it and the other is named in the conflicts; so a
    /// conflict that slipped into a registry takes no working route down.
    /// </summary>
    public static (RouteTable<T> Table, IReadOnlyList<RouteConflict<T>> Conflicts) Build<T>(IEnumerable<KeyValuePair<RouteSpec, T>> routes)
        where T : class
    {
        var exact = new Dictionary<string, List<RouteTable<T>.Claim>>(StringComparer.OrdinalIgnoreCase);
        var wildcards = new Dictionary<string, List<RouteTable<T>.Claim>>(StringComparer.OrdinalIgnoreCase);
        var conflicts = new List<RouteConflict<T>>();
        foreach (var (route, target) in routes)
        {
            if (!HostName.TryNormalize(route.Host, out var host, out var reason) || !PathPrefix.TryNormalize(route.PathPrefix, out var prefix, out reason))
            {
                throw new ArgumentException($"route {route.Host}{route.PathPrefix}: {reason}", nameof(routes));
            }
            var wildcard = host.StartsWith('*');
            var claims = ClaimsOf(wildcard ? wildcards : exact, wildcard ? host[2..] : host);
            if (claims.Find(c => c.Prefix == prefix) is not { } other)
            {
                claims.Add(new RouteTable<T>.Claim(prefix, target));
            }
            else if (!ReferenceEquals(other.Target, target))
            {
                conflicts.Add(new RouteConflict<T>(new RouteSpec(host, prefix), other.Target, target));
            }
        }
        return (new RouteTable<T>(exact, wildcards), conflicts);
    }

    private static List<TClaim> ClaimsOf<TClaim>(Dictionary<string, List<TClaim>> hosts, string host)
    {
        if (!hosts.TryGetValue(host, out var claims))
        {
            hosts[host] = claims = [];
        }
        return claims;
    }
}

/// <summary>The same host and prefix claimed by two.</summary>
/// <param name="Holder">Came first and keeps it.</param>
/// <param name="Refused">Came later and does not get it.</param>
public sealed record RouteConflict<T>(RouteSpec Route, T Holder, T Refused);
