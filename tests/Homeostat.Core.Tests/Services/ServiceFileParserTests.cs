using System.Diagnostics;
using Homeostat.Core.Services;
using Xunit;
using static Homeostat.Core.Tests.Services.ServiceFiles;

namespace Homeostat.Core.Tests.Services;

public sealed class ServiceFileParserTests
{
    [Fact]
    public void Parse_MinimalFile_TakesDefaults()
    {
        var spec = Spec(Minimal);

        Assert.Equal("blog", spec.Service.Value);
        Assert.Equal(TenantName.Default, spec.Tenant);
        Assert.IsType<RootSource.Host>(spec.Root);
        Assert.Equal(["node", "server.js"], spec.Command);
        Assert.Equal([new RouteSpec("blog.localhost")], spec.Routes);
        Assert.Equal(new ScaleSpec(), spec.Scale);
        Assert.Equal(new IdleSpec(), spec.Idle);
        Assert.Equal(new ResourceSpec(), spec.Resources);
        Assert.Equal(TimeSpan.FromSeconds(30), spec.Health.StartTimeout);
    }

    [Fact]
    public void Parse_FullFile_ReadsEveryKey()
    {
        var spec = Spec(Full);

        Assert.Equal("acme", spec.Tenant.Value);
        Assert.Equal(new RootSource.Directory("/base/root"), spec.Root);
        Assert.Equal("/srv", spec.Workdir);
        Assert.Equal([new("EMPTY", ""), new("KEY", "value"), new("NUMBER", "1")], spec.Env);
        Assert.Equal([new MountSpec("/base/site", "/srv"), new MountSpec("/data", "/data", false)], spec.Mounts);
        Assert.Equal([new RouteSpec("blog.example.org"), new RouteSpec("*.example.net", "/api")], spec.Routes);
        Assert.Equal(new HealthSpec("/healthz", TimeSpan.FromSeconds(90)), spec.Health);
        Assert.Equal(new ScaleSpec(1, 4, 2, 3), spec.Scale);
        Assert.Equal(new ResourceSpec(0.25, 128 << 20, 1.5, 1 << 30), spec.Resources);
        Assert.Equal(new PredictSpec(PredictMode.Shadow, "grey"), spec.Predict);
        Assert.Equal(new IdleSpec(TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(90)), spec.Idle);
        Assert.Equal(ClonePolicy.Yes, spec.Checkpoint.Clones);
        Assert.Equal(["/", "/a?b=1"], spec.Checkpoint.Warmup);
        Assert.Equal((2, "/before", "/after"), (spec.Checkpoint.Spares, spec.Checkpoint.BeforeCheckpoint, spec.Checkpoint.AfterRestore));
    }

    [Theory]
    [InlineData("idle: { freeze: 10m }", "10m", "10m", "30m")]
    [InlineData("idle: { image: 1s }", "1s", "1s", "30m")]
    [InlineData("idle: { stop: 2s }", "2s", "2s", "2s")]
    [InlineData("idle: { freeze: 0 }", "0s", "5m", "30m")]
    public void Parse_PartOfIdleDeclared_DefaultsBendToIt(string line, string freeze, string image, string stop)
    {
        var idle = Spec(Minimal + "\n" + line).Idle;

        Assert.Equal((freeze, image, stop), (Quantities.FormatDuration(idle.Freeze), Quantities.FormatDuration(idle.Image), Quantities.FormatDuration(idle.Stop)));
    }

    [Theory]
    [InlineData("scale: { min: 20 }", 20, 20, 8, 16)]
    [InlineData("scale: { concurrency: { limit: 1 } }", 0, 10, 1, 1)]
    [InlineData("scale: { concurrency: { target: 100 } }", 0, 10, 100, 100)]
    public void Parse_PartOfScaleDeclared_DefaultsBendToIt(string line, int min, int max, int target, int limit) =>
        Assert.Equal(new ScaleSpec(min, max, target, limit), Spec(Minimal + "\n" + line).Scale);

    [Theory]
    [InlineData("resources: { memory: { max: 512Mi } }", 256, 512)]
    [InlineData("resources: { memory: { max: 100Mi } }", 100, 100)]
    [InlineData("resources: { memory: { base: 100Mi, max: 100Mi } }", 100, 100)]
    public void Parse_MemoryMaxDeclared_DefaultBendsToIt(string line, long baseMiB, long maxMiB) =>
        Assert.Equal(new ResourceSpec(null, baseMiB << 20, null, maxMiB << 20), Spec(Minimal + "\n" + line).Resources);

    [Fact]
    public void Parse_EveryModel_IsAccepted() =>
        Assert.All(PredictSpec.Models, model => Assert.Equal(model, Spec(Minimal + $"\npredict: {{ model: {model} }}").Predict.Model));

    /// <summary>A digest that changed with the platform's version would make a new revision of every service, and its images void.</summary>
    [Fact]
    public void Write_WithoutTheNewKeys_IsAsBefore()
    {
        var canonical = ServiceFileWriter.Write(Spec(Minimal));

        Assert.DoesNotContain("predict", canonical, StringComparison.Ordinal);
        Assert.DoesNotContain("burst", canonical, StringComparison.Ordinal);
        Assert.EndsWith(""" "resources":{"memory":{"base":"256Mi"}},"idle":{"freeze":"10s","image":"5m","stop":"30m"},"checkpoint":{"mode":"auto","clones":"auto","warmup":[],"spares":0}}"""[1..], canonical, StringComparison.Ordinal);
        Assert.Equal(canonical, ServiceFileWriter.Write(Spec(Minimal + "\npredict: { mode: raise, model: auto }")));
    }

    [Theory]
    [InlineData(Minimal)]
    [InlineData(Full)]
    [InlineData(Minimal + "\nenv: { E: \"q\\\" \\\\ \\n \\t \\u0007 \u00fc \U0001F600\" }")]
    [InlineData(Minimal + "\nroutes: [ { host: B\u00fccher.example } ]")]
    public void Write_AnySpec_IsReadBackEqual(string text)
    {
        var spec = Spec(text);
        var canonical = ServiceFileWriter.Write(spec);

        var again = ServiceFileParser.Parse(canonical, null);

        Assert.Empty(again.Errors);
        Assert.Equal(canonical, ServiceFileWriter.Write(again.Spec!));
        Assert.Equal(spec.Env, again.Spec!.Env);
        Assert.Equal(ServiceFileWriter.Digest(spec), ServiceFileWriter.Digest(again.Spec));
    }

    [Fact]
    public void Digest_OfTheMinimalFile_DoesNotChangeBetweenVersions() =>
        // A changed digest makes a new revision of every service at the next apply: deliberate only.
        Assert.Equal("fa2269d2f8566612", ServiceFileWriter.Digest(Spec(Minimal))[..16]);

    [Fact]
    public void Parse_AliasBomb_IsRefusedAtOnce()
    {
        var bomb = "a: &a [x,x,x,x,x,x,x,x]\n" + string.Join('\n', Enumerable.Range(1, 8).Select(i =>
            $"{(char)('a' + i)}: &{(char)('a' + i)} [{string.Join(',', Enumerable.Repeat("*" + (char)('a' + i - 1), 8))}]"));
        var watch = Stopwatch.StartNew();

        var result = ServiceFileParser.Parse(bomb, "/");

        Assert.Contains(result.Errors, e => e.Message.StartsWith("alias *a is not allowed", StringComparison.Ordinal));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"took {watch.Elapsed}");
    }

    [Theory]
    [InlineData(FileTreeReader.CharsMax, false)]
    [InlineData(FileTreeReader.CharsMax + 1, true)]
    public void Parse_FileAtAndOverTheLimit_IsReadOrRefused(int chars, bool refused)
    {
        var text = Minimal + "\n#" + new string('x', chars - Minimal.Length - 2);

        Assert.Equal(refused, ServiceFileParser.Parse(text, "/").Errors.Any(e => e.Code == ServiceFileErrorCodes.TooLarge));
    }

    [Theory]
    [InlineData(9_960, false)]
    [InlineData(10_001, true)]
    public void Parse_ManyValues_AreCountedNotFollowed(int values, bool refused)
    {
        var text = $"x: [{string.Join(',', Enumerable.Repeat("1", values))}]";

        Assert.Equal(refused, ServiceFileParser.Parse(text, "/").Errors.Any(e => e.Code == ServiceFileErrorCodes.TooLarge));
    }

    [Fact]
    public void Parse_DeepNesting_IsRefused() =>
        Assert.Equal(ServiceFileErrorCodes.TooLarge, OnlyError("x: " + new string('[', 100_000)).Code);

    [Fact]
    public void Parse_RelativePathWithoutBase_IsAnError() =>
        Assert.Contains(ServiceFileParser.Parse(Full, null).Errors, e => e.Key == "rootfs" && e.Line == 3);
}
