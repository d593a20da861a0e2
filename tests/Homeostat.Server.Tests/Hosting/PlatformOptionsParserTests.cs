using Homeostat.Core.Regulation.Capacity;
using Homeostat.Server.Hosting;
using Xunit;

namespace Homeostat.Server.Tests.Hosting;

public sealed class PlatformOptionsParserTests
{
    [Fact]
    public void Parse_Nothing_GivesDefaults()
    {
        var (options, errors) = PlatformOptionsParser.Parse(new PlatformArguments());

        Assert.Empty(errors);
        Assert.Equal(("127.0.0.1:8080", "127.0.0.1:8081", DriverKind.Oci), (options!.Listen.Single().ToString(), options.Admin!.ToString(), options.Driver));
        Assert.StartsWith("/", options.Data, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(":80", "0.0.0.0:80")]
    [InlineData("*:80", "0.0.0.0:80")]
    [InlineData("localhost:8000", "127.0.0.1:8000")]
    [InlineData("[::]:80", "[::]:80")]
    [InlineData("10.1.2.3:0", "10.1.2.3:0")]
    public void Parse_Listen_IsReadAsWritten(string text, string expected) =>
        Assert.Equal(expected, PlatformOptionsParser.Parse(new PlatformArguments(Listen: [text])).Options!.Listen.Single().ToString());

    [Theory]
    [InlineData("8080")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.1:80")]
    [InlineData("example.org:80")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("[1.2.3.4:80")]
    public void Parse_BadListen_IsRefused(string text) =>
        Assert.StartsWith($"--listen is {text}; it must be", Assert.Single(PlatformOptionsParser.Parse(new PlatformArguments(Listen: [text])).Errors), StringComparison.Ordinal);

    [Fact]
    public void Parse_ManyMistakes_AreAllSaid()
    {
        var (options, errors) = PlatformOptionsParser.Parse(new PlatformArguments("", ["x"], "0.0.0.0:81", "vm", "10.0.0.0/30", 65, "1MB", "0s"));

        Assert.Null(options);
        string[] named = ["--data", "--listen", "--admin", "--driver", "--addresses", "--pool-cells", "--image-memory", "--stop-timeout"];
        Assert.All(named, name => Assert.Single(errors, e => e.StartsWith(name + " is ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Parse_SamePortForBoth_IsRefused() =>
        Assert.Contains("both want port 8081", Assert.Single(PlatformOptionsParser.Parse(new PlatformArguments(Listen: [":8081"])).Errors), StringComparison.Ordinal);

    [Theory]
    [InlineData(0, true)]
    [InlineData(64, true)]
    [InlineData(-1, false)]
    [InlineData(65, false)]
    public void Parse_PoolCells_HasLimits(int cells, bool good) =>
        Assert.Equal(good, PlatformOptionsParser.Parse(new PlatformArguments(PoolCells: cells)).Errors.Count == 0);

    [Theory]
    [InlineData(0, true)]
    [InlineData(4096, true)]
    [InlineData(-1, false)]
    [InlineData(4097, false)]
    public void Parse_SleepingCells_HasLimits(int cells, bool good) =>
        Assert.Equal(good, PlatformOptionsParser.Parse(new PlatformArguments(SleepingCells: cells)).Errors.Count == 0);

    [Fact]
    public void Parse_Capacity_IsReadAsWritten()
    {
        var (options, errors) = PlatformOptionsParser.Parse(new PlatformArguments(
            CpuCapacity: "1500m", MemoryCapacity: "8Gi", Tenants: ["acme:cpu=2,memory=2Gi,instances=20", "bees:instances=1", "default: cpu = 0.5"]));

        Assert.Empty(errors);
        Assert.Equal((1.5, 8L << 30), (options!.CpuCapacity, options.MemoryCapacityBytes));
        Assert.Equal([new(new("acme"), 2, 2L << 30, 20), new(new("bees"), null, null, 1), new TenantQuota(new("default"), 0.5, null, null)], options.Quotas);
    }

    [Theory]
    [InlineData("acme", "must be NAME:KEY=VALUE")]
    [InlineData("Acme:cpu=1", "its name must be")]
    [InlineData("acme:", "nothing is no quota")]
    [InlineData("acme:cpu=0", "cpu is 0, it must be cores 0.01..1024")]
    [InlineData("acme:memory=1Mi", "memory is 1Mi, it must be a size from 4Mi on")]
    [InlineData("acme:instances=0", "instances is 0, it must be a whole number 1..100000")]
    [InlineData("acme:instances=", "instances is empty")]
    [InlineData("acme:disk=1", "disk is no quota")]
    [InlineData("acme:cpu=1,cpu=2", "cpu is given twice")]
    public void Parse_BadQuota_IsRefused(string text, string said)
    {
        var error = Assert.Single(PlatformOptionsParser.Parse(new PlatformArguments(Tenants: [text])).Errors);
        Assert.StartsWith($"--tenant is {text}; ", error, StringComparison.Ordinal);
        Assert.Contains(said, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_BadCapacity_IsRefused()
    {
        var errors = PlatformOptionsParser.Parse(new PlatformArguments(CpuCapacity: "0", MemoryCapacity: "8G", Tenants: ["a:cpu=1", "a:cpu=2"])).Errors;
        Assert.Equal(["--cpu-capacity is 0; it must be cores 0.01..1024. Write it like 4 or 1500m.", "--memory-capacity is 8G; it must be a size from 16Mi on. Write it like 8Gi.", "--tenant a is given twice. Keep one of them."], errors);
    }
}
