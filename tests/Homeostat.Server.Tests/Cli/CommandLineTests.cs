using System.Text.Json;
using Homeostat.Cli.Output;
using Homeostat.Client;
using Xunit;

namespace Homeostat.Server.Tests.Cli;

public sealed class CommandLineTests
{
    [Fact]
    public async Task Json_Output_IsTheApisObject()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);
        await scene.Client.WakeAsync(null, "blog", null, default);

        foreach (var (command, field) in new[] { ("ps", "inFlight"), ("ls", "routes") })
        {
            var run = await CliRun.OfAsync(scene, [command, "-o", "json"]);
            using var json = JsonDocument.Parse(run.Out);
            Assert.True(json.RootElement[0].TryGetProperty(field, out _), run.Out);
        }
        var explain = await CliRun.OfAsync(scene, ["explain", "blog", "-o", "json"]);
        using var decisions = JsonDocument.Parse(explain.Out);
        Assert.Equal(
            ["at", "action", "reason", "trigger", "inputs", "alternatives", "until"],
            decisions.RootElement.GetProperty("decisions")[0].EnumerateObject().Take(7).Select(p => p.Name));
    }

    [Fact]
    public async Task Apply_OfStandardInput_Works()
    {
        await using var scene = await PlatformScene.StartAsync();

        var run = await CliRun.OfAsync(scene, ["apply", "-f", "-"], PlatformScene.Blog);

        Assert.Equal((0, ""), (run.Code, run.Err));
    }

    [Fact]
    public async Task Apply_OneBadFileAmongGood_AppliesNone()
    {
        await using var scene = await PlatformScene.StartAsync();
        var (good, bad) = (scene.Folder.File("good.yaml", PlatformScene.Blog), scene.Folder.File("bad.yaml", "service: x\n"));

        var run = await CliRun.OfAsync(scene, ["apply", "-f", good, "-f", bad]);

        Assert.Equal(1, run.Code);
        Assert.Empty(await scene.Client.ServicesAsync(null, default));
    }

    [Fact]
    public async Task Apply_OfAFolder_TakesItsServiceFile()
    {
        await using var scene = await PlatformScene.StartAsync();
        scene.Folder.File("app/service.yaml", PlatformScene.Blog);
        scene.Folder.File("app/other.yaml", "not: a service");

        Assert.Equal(0, (await CliRun.OfAsync(scene, ["apply", "-f", Path.Combine(scene.Folder.Path, "app")])).Code);
    }

    [Fact]
    public async Task Anything_WithoutPlatform_SaysHowToStartOne()
    {
        using var folder = new TempFolder();

        var run = await CliRun.OfAsync(null, ["ls", "--data", folder.Path]);

        Assert.Equal(1, run.Code);
        Assert.Contains($"no platform answers at unix:{folder.Path}/admin.sock", run.Err, StringComparison.Ordinal);
        Assert.Contains("homeostat up", run.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_WithoutPlatform_ChecksTheFileAlone()
    {
        using var folder = new TempFolder();
        var file = folder.File("blog.yaml", PlatformScene.Blog);

        var run = await CliRun.OfAsync(null, ["validate", "-f", file, "--data", folder.Path]);

        Assert.Equal(0, run.Code);
        Assert.Contains("no platform runs", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_Followed_EndWellWhenInterrupted()
    {
        await using var scene = await PlatformScene.StartAsync(blog: true);
        using var interrupt = new CancellationTokenSource();
        var following = CliRun.OfAsync(scene, ["events", "-f"], cancel: interrupt.Token);

        await interrupt.CancelAsync();

        Assert.Equal(0, (await following).Code);
    }

    [Fact]
    public void Table_OnANarrowScreen_NeverWraps()
    {
        using var output = new StringWriter();
        var terminal = new Terminal { Out = output, Err = output, In = TextReader.Null, Width = 40 };
        new TextTable(new("NAME", Shrinks: true), new("COUNT", Right: true), new("ROUTES", Shrinks: true))
            .Row("a-service-with-a-very-long-name-indeed", "12345", "a.very.long.example.org, another.example.org")
            .Row("b", "1", "c")
            .WriteTo(terminal);

        Assert.All(output.ToString().Split('\n'), line => Assert.InRange(line.Length, 0, 40));
        Assert.Contains("…", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Table_OnANarrowScreen_LeavesOutWhatIsLeastNeeded_BeforeItCuts()
    {
        using var output = new StringWriter();
        var terminal = new Terminal { Out = output, Err = output, In = TextReader.Null, Width = 20 };
        new TextTable(new("NAME"), new("FIRST", Spare: 1), new("SECOND", Spare: 2)).Row("some-name", "12345", "123456").WriteTo(terminal);

        Assert.Equal("NAME       SECOND\nsome-name  123456\n", output.ToString());
    }

    [Fact]
    public void TextOfPrograms_OnAScreen_CannotActOnIt_InAPipeItIsAsItWas()
    {
        const string Text = "\e[2Jgone\a \u009b31m tab\t\u202eevil é";
        var screen = new Terminal { Out = TextWriter.Null, Err = TextWriter.Null, In = TextReader.Null, Width = 80 };
        Assert.Equal("^[[2Jgone^G <U+009B>31m tab\t<U+202E>evil é", screen.Shown(Text));
        Assert.Equal(Text, new Terminal { Out = TextWriter.Null, Err = TextWriter.Null, In = TextReader.Null }.Shown(Text));
    }

    [Fact]
    public void Error_OnAScreen_IsWrapped()
    {
        using var errors = new StringWriter();
        new Terminal { Out = TextWriter.Null, Err = errors, In = TextReader.Null, ErrWidth = 40 }
            .Error("watcher could not be dumped: it watches files by inotify", "turn the watching off, or keep what it watches below its workdir");

        Assert.Equal(
            """
            error: watcher could not be dumped: it
              watches files by inotify
              turn the watching off, or keep what it
              watches below its workdir

            """,
            errors.ToString());
    }

    [Fact]
    public void Table_InAPipe_IsNotCut()
    {
        using var output = new StringWriter();
        var terminal = new Terminal { Out = output, Err = output, In = TextReader.Null };
        new TextTable(new TextColumn("NAME", Shrinks: true)).Row(new string('x', 500)).WriteTo(terminal);

        Assert.Contains(new string('x', 500), output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "-")]
    [InlineData(512, "512 B")]
    [InlineData(1 << 20, "1 MiB")]
    [InlineData(1100L << 20, "1.1 GiB")]
    [InlineData(999L << 20, "999 MiB")]
    public void Size_ForPeople_IsShort(long bytes, string expected) => Assert.Equal(expected, Human.Size(bytes));

    [Theory]
    [InlineData("unix:/a/b.sock", "unix:/a/b.sock")]
    [InlineData("http://127.0.0.1:8081/", "http://127.0.0.1:8081")]
    [InlineData("ftp://x", null)]
    [InlineData("x", null)]
    [InlineData("unix:", null)]
    public void ServerAddress_IsAUrlOrASocket(string text, string? expected) => Assert.Equal(expected, ServerAddress.Parse(text)?.ToString());
}
