using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Homeostat.Server.Tests.Cli;

/// <summary>What scripts rely on, without a platform.</summary>
public sealed class ForecastCommandTests
{
    private static string Counts { get; } = string.Concat(Enumerable.Range(0, 200).Select(i => $"{50 + (i % 10 * 5)}\n"));

    [Fact]
    public async Task Json_HasThePromisedFields_AndAutoWhateverIsAskedFor()
    {
        var run = await CliRun.OfAsync(null, ["forecast", "-", "-o", "json", "--models", "grey,holt", "--horizons", "1,5"], Counts);

        Assert.Equal((0, ""), (run.Code, run.Err));
        using var json = JsonDocument.Parse(run.Out);
        Assert.Equal((200, 10), (json.RootElement.GetProperty("points").GetInt32(), json.RootElement.GetProperty("period").GetInt32()));
        var horizons = json.RootElement.GetProperty("horizons").EnumerateArray().ToList();
        Assert.Equal([1, 5], horizons.Select(h => h.GetProperty("steps").GetInt32()));
        Assert.All(horizons, horizon =>
        {
            var models = horizon.GetProperty("models").EnumerateArray().ToList();
            Assert.Equal(["auto", "last", "grey", "holt"], models.Select(m => m.GetProperty("model").GetString()));
            Assert.All(models, m => Assert.Equal(["model", "maeRelative", "pinballRelative"], m.EnumerateObject().Take(3).Select(p => p.Name)));
            Assert.Equal(1, models[1].GetProperty("maeRelative").GetDouble());
            Assert.InRange(models[0].GetProperty("maeRelative").GetDouble(), 0, 0.2);
        });
    }

    [Theory]
    [InlineData("steady", 200)]
    [InlineData("nothing", 200)]
    public async Task WhatDoesNotMove_IsForecastAsWellByAll(string kind, int count)
    {
        var run = await CliRun.OfAsync(null, ["forecast", "-", "-o", "json", "--horizons", "1"], string.Concat(Enumerable.Repeat(kind == "steady" ? "7\n" : "0\n", count)));

        Assert.Equal((0, ""), (run.Code, run.Err));
        using var json = JsonDocument.Parse(run.Out);
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("period").ValueKind);
        Assert.All(json.RootElement.GetProperty("horizons")[0].GetProperty("models").EnumerateArray(), m => Assert.InRange(m.GetProperty("maeRelative").GetDouble(), 0.5, 2));
    }

    [Fact]
    public async Task TimesOfRequests_Compressed_AreCountedInBins()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "access.log.gz");
        await using (var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest))
        {
            var lines = Enumerable.Range(0, 1200).Select(i => $"::1 - - [{DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000 + (i * 7)):dd/MMM/yyyy:HH:mm:ss} +0000] \"GET / HTTP/1.1\" 200 1\n");
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(lines)), TestContext.Current.CancellationToken);
        }

        var run = await CliRun.OfAsync(null, ["forecast", path, "--bin", "30s", "-o", "json", "--horizons", "1", "--models", "last"]);

        Assert.Equal((0, ""), (run.Code, run.Err));
        using var json = JsonDocument.Parse(run.Out);
        Assert.Equal((281, 30), (json.RootElement.GetProperty("points").GetInt32(), json.RootElement.GetProperty("stepSeconds").GetDouble()));
    }

    [Theory]
    [InlineData("3\n\n4\n", 1, "-:2: the line is empty")]
    [InlineData("Once upon a time\nthere was\n", 1, "no column is numbers")]
    [InlineData("1\n2\n3\n", 1, "3 points are too few to score 1 step ahead")]
    [InlineData("1\n-2\n3\n", 1, "-:2: '-2' is negative")]
    [InlineData("1\nnan\n3\n", 1, "not a finite number")]
    [InlineData("1\n1e308\n3\n", 1, "-:2: '1e308' is more than 1,000,000,000,000,000")]
    [InlineData("", 1, "the trace is empty")]
    public async Task WhatIsWrongWithATrace_IsSaid(string text, int code, string said)
    {
        var run = await CliRun.OfAsync(null, ["forecast", "-"], text);

        Assert.Equal((code, ""), (run.Code, run.Out));
        Assert.Contains(said, run.Err, StringComparison.Ordinal);
    }
}
