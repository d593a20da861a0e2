using System.Net;
using System.Text.Json;
using Homeostat.Server.Api;
using Xunit;

namespace Homeostat.Server.Tests.Api;

public sealed class PlatformEndpointsTests
{
    [Fact]
    public async Task OpenApi_Document_DescribesEveryAddress()
    {
        await using var scene = await PlatformScene.StartAsync();

        using var document = JsonDocument.Parse(await scene.Admin.GetStringAsync("v1/openapi.json"));

        Assert.StartsWith("3.1.", document.RootElement.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var paths = document.RootElement.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Select(m => $"{m.Name} {p.Name}")).Order(StringComparer.Ordinal);
        Assert.Equal(
            [
                "delete /v1/tenants/{tenant}/services/{service}",
                "get /v1/doctor",
                "get /v1/events",
                "get /v1/tenants/{tenant}/instances",
                "get /v1/tenants/{tenant}/services",
                "get /v1/tenants/{tenant}/services/{service}",
                "get /v1/tenants/{tenant}/services/{service}/arrivals",
                "get /v1/tenants/{tenant}/services/{service}/explain",
                "get /v1/tenants/{tenant}/services/{service}/instances",
                "get /v1/tenants/{tenant}/services/{service}/logs",
                "get /v1/version",
                "post /v1/tenants/{tenant}/services/{service}:checkpoint",
                "post /v1/tenants/{tenant}/services/{service}:freeze",
                "post /v1/tenants/{tenant}/services/{service}:sleep",
                "post /v1/tenants/{tenant}/services/{service}:wake",
                "put /v1/tenants/{tenant}/services/{service}",
            ],
            paths);
    }

    [Fact]
    public async Task Metrics_AreWellformedAndBounded()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);
        (await scene.RequestAsync()).Dispose();

        var text = await scene.Admin.GetStringAsync("metrics");

        var families = new HashSet<string>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                Assert.True(families.Add(line.Split(' ')[2]), $"twice: {line}");
            }
            else if (!line.StartsWith('#'))
            {
                Assert.Matches(@"^homeostat_[a-z_]+(\{[a-z_]+=""[^""]*""(,[a-z_]+=""[^""]*"")*\})? [0-9.E+-]+$", line);
            }
        }
        Assert.Contains("homeostat_instances{tenant=\"default\",service=\"blog\",tier=\"running\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("homeostat_wake_duration_seconds_count{way=\"cold\",outcome=\"ready\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("homeostat_http_responses_total{class=\"2xx\"} 1", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("livez")]
    [InlineData("readyz")]
    [InlineData("readyz?verbose")]
    public async Task Health_OfAServingPlatform_IsOk(string path)
    {
        await using var scene = await PlatformScene.StartAsync();

        Assert.StartsWith("ok\n", await scene.Admin.GetStringAsync(path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownAddress_IsAProblem()
    {
        await using var scene = await PlatformScene.StartAsync();

        using var answer = await scene.Admin.GetAsync("v2/nothing");

        Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public void Problems_AreAllInTheReference()
    {
        var reference = File.ReadAllText(Path.Combine(RepositoryFolder(), "docs/reference/errors.md"));

        Assert.All(Problems.All, kind => Assert.Contains($"| `{kind.Code}` | {kind.Status} |", reference, StringComparison.Ordinal));
    }

    internal static string RepositoryFolder()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Homeostat.slnx")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }
        return folder;
    }
}
