using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci.Logs;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Logs;

public sealed class KeptLogsTests : IDisposable
{
    private static readonly ServiceName Blog = new("blog");

    private readonly string _root = Directory.CreateTempSubdirectory("hs-test-").FullName;

    private KeptLogs Kept => new(Path.Combine(_root, "logs"));

    [Fact]
    public void TheLastThreeOfAService_AreKept_OldestFirst()
    {
        for (var n = 1; n <= 5; n++)
        {
            Kept.Keep(Blog, new($"blog-{n}"), Written($"blog-{n}", n));
        }

        Assert.Equal(["blog-3", "blog-4", "blog-5"], Kept.Of(Blog).Select(id => id.Value));
        Assert.Equal("line 4", Assert.Single(new LogFiles(new("blog-4"), Kept.Find(new("blog-4"))!).Tail(10)).Text);
        Assert.Null(Kept.Find(new("blog-1")));
        Assert.Empty(Kept.Of(new("shop")));
    }

    [Fact]
    public void OfAnInstanceThatWroteNothing_NothingIsKept()
    {
        Kept.Keep(Blog, new("blog-1"), Path.Combine(_root, "missing"));

        Assert.Empty(Kept.Of(Blog));
    }

    [Fact]
    public void TheyGo_WithTheService()
    {
        Kept.Keep(Blog, new("blog-1"), Written("blog-1", 1));

        Kept.Forget(Blog);

        Assert.Empty(Kept.Of(Blog));
        Assert.Null(Kept.Find(new("blog-1")));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string Written(string id, int n)
    {
        var directory = Directory.CreateDirectory(Path.Combine(_root, "instances", id, "logs"));
        File.WriteAllText(Path.Combine(directory.FullName, "log"), $"2026-01-02T03:04:0{n}.000000Z stdout F line {n}\n");
        directory.LastWriteTimeUtc = DateTime.UnixEpoch.AddSeconds(n);
        return directory.FullName;
    }
}
