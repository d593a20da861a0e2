using System.Net;
using System.Net.Http.Json;
using System.Text;
using Homeostat.Client;
using Homeostat.Client.Wire;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Api;

public sealed class ServiceEndpointsTests
{
    [Fact]
    public async Task Put_ServiceFile_IsAppliedOnceAndRouted()
    {
        await using var scene = await PlatformScene.StartAsync();

        var first = await scene.ApplyAsync(PlatformScene.Blog);
        var again = await scene.ApplyAsync(PlatformScene.Blog);
        var changed = await scene.ApplyAsync(PlatformScene.Blog + "env: { A: b }\n");

        Assert.Equal((1, true, 1, false, 2, true), (first.Revision, first.Changed, again.Revision, again.Changed, changed.Revision, changed.Changed));
        Assert.Equal(["blog.localhost"], first.Routes);
        using var answer = await scene.RequestAsync();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Put_DryRun_ChangesNothing()
    {
        await using var scene = await PlatformScene.StartAsync();

        var result = await scene.ApplyAsync(PlatformScene.Blog, dryRun: true);

        Assert.Equal((1, true, true), (result.Revision, result.Changed, result.DryRun));
        Assert.Empty(await scene.Client.ServicesAsync(null, CancellationToken.None));
    }

    [Theory]
    [InlineData("application/yaml", PlatformScene.Blog, HttpStatusCode.Created)]
    [InlineData("application/json", "{\n\t\"service\": \"blog\", \"host\": true, \"command\": [\"sh\"], \"port\": 8080 }", HttpStatusCode.Created)]
    [InlineData("application/x-www-form-urlencoded", PlatformScene.Blog, HttpStatusCode.Created)]
    [InlineData("application/yaml", "service: other\nhost: true\ncommand: [sh]\nport: 8080\n", HttpStatusCode.UnprocessableEntity)]
    [InlineData("application/yaml", "", HttpStatusCode.UnprocessableEntity)]
    public async Task Put_BodyOfAnyType_IsReadAsAServiceFile(string type, string body, HttpStatusCode status)
    {
        await using var scene = await PlatformScene.StartAsync();

        using var content = new StringContent(body, Encoding.UTF8, type);
        using var answer = await scene.Admin.PutAsync("v1/tenants/default/services/blog", content);

        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task Put_TooLargeBody_IsRefused()
    {
        await using var scene = await PlatformScene.StartAsync();

        using var content = new ByteArrayContent(new byte[(1 << 20) + 1]);
        using var answer = await scene.Admin.PutAsync("v1/tenants/default/services/blog", content);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Put_Errors_AllAreListedWithTheirPlaces()
    {
        await using var scene = await PlatformScene.StartAsync();

        var problem = await RefusedAsync(() => scene.ApplyAsync("service: blog\nport: 0\nprot: 1\n"));

        Assert.Equal(("invalid-service-file", 422, "urn:homeostat:problem:invalid-service-file"), (problem.Code, problem.Status, problem.Type));
        Assert.Equal([(1, "rootfs"), (1, "command"), (2, "port"), (3, "prot")], problem.Errors!.Select(e => (e.Line, e.Key)));
    }

    [Fact]
    public async Task Put_ThingsMissingOnTheHost_AreErrorsOfTheFile()
    {
        await using var scene = await PlatformScene.StartAsync();

        var problem = await RefusedAsync(() => scene.ApplyAsync("service: blog\nhost: true\ncommand: [no-such]\nport: 80\nmounts: [{ source: ./gone, target: /srv }]\n"));

        Assert.Equal([("host", 3), ("host", 5)], problem.Errors!.Select(e => (e.Code, e.Line)));
        Assert.Contains(Path.Combine(scene.Folder.Path, "gone"), problem.Errors![1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_RouteOfAnotherService_IsAConflictThatNamesIt()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);

        var problem = await RefusedAsync(() => scene.ApplyAsync("service: shop\nhost: true\ncommand: [sh]\nport: 80\nroutes: [{ host: BLOG.localhost. }]\n", "shop"));

        Assert.Equal(("route-taken", 409, "blog.localhost belongs to service blog"), (problem.Code, problem.Status, problem.Detail));
        Assert.Single(await scene.Client.ServicesAsync(null, CancellationToken.None));
    }

    [Fact]
    public async Task Put_NameOfAnotherTenantsService_IsAConflict()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);

        var problem = await RefusedAsync(() => scene.ApplyAsync("tenant: acme\n" + PlatformScene.Blog, tenant: "acme"));

        Assert.Equal(("other-tenant", 409), (problem.Code, problem.Status));
    }

    [Fact]
    public async Task Put_NotRunnable_ChangesNothing()
    {
        await using var scene = await PlatformScene.StartAsync();

        var problem = await RefusedAsync(() => scene.ApplyAsync(PlatformScene.Blog + "env: { FAKE: not-found }\n"));

        Assert.Equal("not-runnable", problem.Code);
        Assert.Empty(await scene.Client.ServicesAsync(null, CancellationToken.None));
    }

    [Fact]
    public async Task Delete_Service_IsUnroutedAndGone()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);
        await scene.Client.WakeAsync(null, "blog", null, CancellationToken.None);

        await scene.Client.RemoveAsync("default", "blog", CancellationToken.None);

        using var answer = await scene.RequestAsync();
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Empty(await scene.Client.InstancesAsync(null, null, CancellationToken.None));
        Assert.Equal("no-such-service", (await RefusedAsync(() => scene.Client.ServiceAsync(null, "blog", CancellationToken.None))).Code);
    }

    [Fact]
    public async Task Get_WrongTenant_IsNotFound()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);

        Assert.Equal(404, (await RefusedAsync(() => scene.Client.ServiceAsync("acme", "blog", CancellationToken.None))).Status);
        Assert.Empty(await scene.Client.ServicesAsync("acme", CancellationToken.None));
    }

    [Fact]
    public async Task Get_ListsAndDetails_HaveWhatScriptsRelyOn()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);
        (await scene.RequestAsync()).Dispose();

        var instance = (await scene.Admin.GetFromJsonAsync<List<Dictionary<string, object?>>>("v1/tenants/-/instances"))!.Single();
        var service = (await scene.Admin.GetFromJsonAsync<List<Dictionary<string, object?>>>("v1/tenants/-/services"))!.Single();
        var detail = await scene.Client.ServiceAsync(null, "blog", CancellationToken.None);

        Assert.Superset(new HashSet<string> { "id", "service", "revision", "tier", "pid", "address", "startedAt", "inFlight", "cpuSeconds", "memoryBytes" }, instance.Keys.ToHashSet());
        Assert.Superset(new HashSet<string> { "service", "tenant", "routes", "revision", "tier", "instances", "min", "max" }, service.Keys.ToHashSet());
        Assert.Equal("running", instance["tier"]!.ToString());
        Assert.Equal("blog", detail.Spec.GetProperty("service").GetString());
        Assert.Single(detail.Revisions);
    }

    [Fact]
    public async Task Explain_AfterARequest_HasItsDecision()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);
        (await scene.RequestAsync(path: "/cart?x=1")).Dispose();

        var explained = await scene.Client.ExplainAsync(null, "blog", CancellationToken.None);

        Assert.NotEmpty(explained.Answers);
        Assert.Contains(explained.Decisions, d => d is { Action: "start", Trigger: "GET /cart" } && d.Inputs.Count > 0);
    }

    internal static async Task<Problem> RefusedAsync(Func<Task> ask) =>
        (await Assert.ThrowsAsync<ProblemException>(() => ask().Within("an answer"))).Problem;
}
