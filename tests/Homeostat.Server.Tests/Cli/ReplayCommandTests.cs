using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Homeostat.Cli;
using Homeostat.Cli.Output;
using Xunit;

namespace Homeostat.Server.Tests.Cli;

/// <summary>What scripts rely on, without a platform.</summary>
public sealed class ReplayCommandTests
{
    private static string Counts { get; } = string.Concat(Enumerable.Range(0, 60).Select(i => $"{i % 7 * 5}\n"));

    [Fact]
    public async Task Json_HasThePromisedFields()
    {
        var run = await CliRun.OfAsync(null, ["replay", "-", "-o", "json", "--explain", "2"], Counts);

        Assert.Equal((0, ""), (run.Code, run.Err));
        using var json = JsonDocument.Parse(run.Out);
        Assert.Equal(["trace", "requests", "policies"], json.RootElement.EnumerateObject().Take(3).Select(p => p.Name));
        var policies = json.RootElement.GetProperty("policies").EnumerateArray().ToList();
        Assert.Contains("homeostat", policies.Select(p => p.GetProperty("policy").GetString()));
        Assert.All(policies, policy => Assert.Equal(
            ["policy", "waitP50", "waitP95", "waitP99", "wakes", "instanceSeconds", "gbSeconds"], policy.EnumerateObject().Take(7).Select(p => p.Name)));
        Assert.Equal(2, policies[0].GetProperty("decisions").GetArrayLength());
        Assert.Equal(json.RootElement.GetProperty("requests").GetInt64(), policies[0].GetProperty("served").GetInt64());
    }

    [Fact]
    public async Task EqualSeeds_SayTheSame_OthersDoNot()
    {
        async Task<string> Say(string seed) => (await CliRun.OfAsync(null, ["replay", "-", "-o", "json", "--seed", seed], Counts)).Out;

        Assert.Equal(await Say("7"), await Say("7"));
        Assert.NotEqual(await Say("7"), (await Say("8")).Replace("\"seed\": 8", "\"seed\": 7", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AnAccessLog_Compressed_IsPlayed_AndDrawn()
    {
        using var folder = new TempFolder();
        var (log, chart) = (Path.Combine(folder.Path, "access.log.gz"), Path.Combine(folder.Path, "out.svg"));
        await using (var packed = new GZipStream(File.Create(log), CompressionLevel.Fastest))
        {
            var lines = Enumerable.Range(0, 300).Select(i => $"10.0.0.1 - - [22/Nov/2026:10:{i / 60:00}:{i % 60:00} +0000] \"GET /{i} HTTP/1.1\" 200 12\n");
            await packed.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(lines)), TestContext.Current.CancellationToken);
        }

        var run = await CliRun.OfAsync(null, ["replay", log, "--policy", "homeostat,kpa", "--chart", chart]);

        Assert.Equal((0, ""), (run.Code, run.Err));
        Assert.Contains("300 requests in 4m59s", run.Out, StringComparison.Ordinal);
        Assert.StartsWith("<svg", File.ReadAllText(chart), StringComparison.Ordinal);
        Assert.Contains("kpa", File.ReadAllText(chart), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CostsOfAFile_AreUsed_AndNamed()
    {
        using var folder = new TempFolder();
        var (slow, wrong) = (folder.File("slow.json", """{ "source": "measured on a slow host", "template": 2000 }"""), folder.File("wrong.json", """{ "tempalte": 2000 }"""));

        var run = await CliRun.OfAsync(null, ["replay", "-", "--policy", "homeostat", "--costs", slow, "-o", "json"], "1\n0\n0\n");
        Assert.Equal((0, ""), (run.Code, run.Err));
        using var json = JsonDocument.Parse(run.Out);
        Assert.Equal(2, json.RootElement.GetProperty("policies")[0].GetProperty("waitP99").GetDouble(), 3);
        Assert.Equal("measured on a slow host", json.RootElement.GetProperty("costs").GetProperty("source").GetString());

        Assert.Equal(1, (await CliRun.OfAsync(null, ["replay", "-", "--costs", wrong], "1\n0\n")).Code);
    }

    [Theory]
    [InlineData("--chart", "/no-such-folder/out.svg", "no such directory")]
    [InlineData("--chart", "/tmp", "SVG")]
    [InlineData("--chart", "out.png", "SVG")]
    [InlineData("--idle", "5s,1s,1s", "none shorter than the one before")]
    [InlineData("--costs", "/tmp", "/tmp is a directory")]
    public async Task OptionsThatCannotBe_AreRefused_BeforeAnythingIsPlayed(string option, string value, string said)
    {
        var run = await CliRun.OfAsync(null, ["replay", "-", "--policy", "clairvoyant", option, value], "1\n0\n");

        Assert.Equal((2, ""), (run.Code, run.Out));
        Assert.Contains(said, run.Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("replay")]
    [InlineData("forecast")]
    public async Task StandardInput_MayBeCompressed(string verb)
    {
        using var bytes = new MemoryStream();
        await using (var packed = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        {
            await packed.WriteAsync(Encoding.UTF8.GetBytes(Counts), TestContext.Current.CancellationToken);
        }

        bytes.Position = 0;
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var terminal = new Terminal { Out = output, Err = errors, In = new StreamReader(bytes) };
        string[] arguments = verb == "replay" ? [verb, "-", "--policy", "kpa"] : [verb, "-", "--models", "last", "--horizons", "1"];
        Assert.Equal((0, ""), (await CommandLine.RunAsync(arguments, terminal, TestContext.Current.CancellationToken), errors.ToString()));
    }

    [Fact]
    public async Task TooManyRequests_ArePlayedInPart_AndThatIsSaid()
    {
        var run = await CliRun.OfAsync(null, ["replay", "-", "--policy", "clairvoyant", "--requests-max", "1000"], string.Concat(Enumerable.Repeat("1000\n", 60)));

        Assert.Equal((0, ""), (run.Code, run.Err));
        Assert.Contains("of 60,000 requests", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARunningService_IsPlayed_WithItsOwnRequestsFileAndCosts()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);

        var none = await CliRun.OfAsync(scene, ["replay", "--service", "blog"]);
        Assert.Equal((1, true), (none.Code, none.Err.Contains("no request has come", StringComparison.Ordinal)));

        for (var i = 0; i < 5; i++)
        {
            using var answer = await scene.RequestAsync();
            Assert.True(answer.IsSuccessStatusCode, answer.StatusCode.ToString());
        }

        var arrivals = await scene.Client.ArrivalsAsync(null, "blog", default);
        Assert.Equal(5, arrivals.Seconds.Sum(s => s.Count));

        var run = await CliRun.OfAsync(scene, ["replay", "--service", "blog", "--policy", "homeostat,kpa", "-o", "json"]);
        Assert.Equal((0, ""), (run.Code, run.Err));
        using var json = JsonDocument.Parse(run.Out);
        Assert.Equal(5, json.RootElement.GetProperty("requests").GetInt64());
        Assert.Contains("blog's own", json.RootElement.GetProperty("costs").GetProperty("source").GetString(), StringComparison.Ordinal);

        Assert.Equal(3, (await CliRun.OfAsync(scene, ["replay", "--service", "blgo"])).Code);
        Assert.Equal(2, (await CliRun.OfAsync(scene, ["replay"])).Code);
    }
}
