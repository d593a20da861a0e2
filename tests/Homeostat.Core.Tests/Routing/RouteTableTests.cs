using Homeostat.Core.Routing;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Core.Tests.Routing;

public sealed class RouteTableTests
{
    [Theory]
    [InlineData("blog.example.org", "/", "exact")]
    [InlineData("BLOG.Example.ORG", "/x", "exact")]
    [InlineData("blog.example.org.", "/", "exact")]
    [InlineData("blog.example.org", "/api", "api")]
    [InlineData("blog.example.org", "/api/x", "api")]
    [InlineData("blog.example.org", "/apix", "exact")]
    [InlineData("blog.example.org", "/api/v2/y", "api2")]
    [InlineData("a.example.org", "/", "wild")]
    [InlineData("a.b.example.org", "/", "wild")]
    [InlineData("x.deep.example.org", "/", "deep")]
    [InlineData("deep.example.org", "/", "wild")]
    [InlineData("example.org", "/", null)]
    [InlineData("only-api.example.org", "/other", "wild")]
    [InlineData("b\u00fccher.example", "/", "idn")]
    [InlineData("xn--bcher-kva.example", "/", "idn")]
    [InlineData("B\u00dcCHER.example", "/", "idn")]
    [InlineData("blog.example.org..", "/", null)]
    [InlineData("", "/", null)]
    [InlineData(".", "/", null)]
    [InlineData("*.example.org", "/", "wild")]
    [InlineData(".example.org", "/", null)]
    [InlineData("\ud800.example", "/", null)]
    public void TryFind_HostAndPath_FindsTheMostSpecific(string host, string path, string? expected)
    {
        var (table, conflicts) = RouteTable.Build(new Dictionary<RouteSpec, string>
        {
            [new("blog.example.org")] = "exact",
            [new("blog.example.org", "/api")] = "api",
            [new("blog.example.org", "/api/v2/")] = "api2",
            [new("*.example.org")] = "wild",
            [new("*.deep.example.org")] = "deep",
            [new("only-api.example.org", "/api")] = "only",
            [new("B\u00fccher.example.")] = "idn",
        });

        Assert.Empty(conflicts);
        table.TryFind(host, path, out var found);
        Assert.Equal(expected, found);
    }

    [Fact]
    public void Build_SameHostAndPrefixTwice_NamesBothAndKeepsTheFirst()
    {
        var (table, conflicts) = RouteTable.Build<string>([new(new("A.example", "/x/"), "first"), new(new("a.example.", "/x"), "second")]);

        Assert.Equal([new RouteConflict<string>(new RouteSpec("a.example", "/x"), "first", "second")], conflicts);
        Assert.True(table.TryFind("a.example", "/x/y", out var found));
        Assert.Equal("first", found);
    }

    [Fact]
    public void TryFind_AsciiHost_AllocatesNothing()
    {
        var (table, _) = RouteTable.Build<string>([new(new("a.example"), "a"), new(new("*.b.example", "/api"), "b")]);
        var run = () => table.TryFind("A.example", "/", out _) && table.TryFind("x.y.b.example", "/api/z", out _);
        Assert.True(run());

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            run();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("http://x.example")]
    [InlineData("x.example:80")]
    [InlineData("x.example/")]
    [InlineData("*")]
    [InlineData("a.*.example")]
    [InlineData("*a.example")]
    [InlineData("-a.example")]
    [InlineData("a..example")]
    [InlineData("a b")]
    [InlineData("")]
    [InlineData("*.")]
    [InlineData("x\n.example")]
    public void TryNormalize_NotAHost_SaysWhy(string written)
    {
        Assert.False(HostName.TryNormalize(written, out _, out var reason));
        Assert.NotEmpty(reason);
    }
}
