using FsCheck;
using FsCheck.Fluent;
using Homeostat.Core.Routing;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Core.Tests.Routing;

/// <summary>The table against the plainest reading of its rules: try every route, keep the most specific.</summary>
public sealed class RouteTableLaws
{
    private static readonly Gen<string> Labels = Gen.Elements("a", "b", "c", "xn--bcher-kva");
    private static readonly Gen<string> Hosts = from labels in Gen.ListOf(Labels).Resize(4) select string.Join('.', labels.Append("d"));
    private static readonly Gen<string> Paths = from parts in Gen.ListOf(Gen.Elements("a", "ab", "b")).Resize(4) select "/" + string.Join('/', parts);

    private static readonly Gen<RouteSpec> Routes =
        from host in Hosts from wild in Gen.Elements("", "*.") from path in Paths select new RouteSpec(wild + host, path);

    [Fact]
    public void Law_the_table_finds_what_the_rules_say()
    {
        var input = from routes in Gen.ListOf(Routes) from host in Hosts from path in Paths select (routes: routes.ToList(), host, path);

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(input.ToArbitrary(), x =>
        {
            var table = RouteTable.Build(x.routes.Select(r => KeyValuePair.Create(r, Show(r)))).Table;
            table.TryFind(Noisy(x.host), x.path, out var found);
            return found == ByTheRules(x.routes, x.host, x.path);
        }));
    }

    [Fact]
    public void Law_order_of_routes_changes_nothing_without_conflicts()
    {
        var input = from routes in Gen.ListOf(Routes) from host in Hosts from path in Paths select (routes: routes.Distinct().ToList(), host, path);

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(input.ToArbitrary(), x =>
        {
            var pairs = x.routes.Select(r => KeyValuePair.Create(r, Show(r))).ToList();
            RouteTable.Build(pairs).Table.TryFind(x.host, x.path, out var forward);
            RouteTable.Build(pairs.AsEnumerable().Reverse()).Table.TryFind(x.host, x.path, out var backward);
            return forward == backward;
        }));
    }

    private static string? ByTheRules(List<RouteSpec> routes, string host, string path) =>
        routes.Where(r => r.Host.StartsWith("*.", StringComparison.Ordinal) ? host.EndsWith(r.Host[1..], StringComparison.Ordinal) : host == r.Host)
            .Where(r => r.PathPrefix == "/" || path == r.PathPrefix || path.StartsWith(r.PathPrefix + "/", StringComparison.Ordinal))
            .OrderBy(r => r.Host.StartsWith('*'))
            .ThenByDescending(r => r.Host.Length)
            .ThenByDescending(r => r.PathPrefix.Length)
            .Select(Show)
            .FirstOrDefault();

    // The table is keyed by reference: equal routes must be the same target for no conflict to arise.
    private static string Show(RouteSpec route) => string.Intern($"{route.Host} {route.PathPrefix}");

    private static string Noisy(string host) => host.ToUpperInvariant() + ".";
}
