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
}
