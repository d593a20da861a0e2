using System.Diagnostics;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.Cli;

/// <summary>The real process on a pseudo terminal of its own, as util-linux's script makes one.</summary>
public sealed class ScreenTests
{
    [Fact]
    public async Task OnATerminal_WithoutColours_OnlyLinesAreWritten_AndNotPastItsWidth()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "no program script on this host");
        using var folder = new TempFolder();
        var file = folder.File("bad.yaml", "service: Blog_1\nhost: true\ncommand: sh -c true\nport: 8080\n");
        var program = Path.Combine(AppContext.BaseDirectory, "homeostat.dll");
        var start = new ProcessStartInfo("/usr/bin/script") { RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (var argument in (string[])["-qec", $"stty cols 60; dotnet {program} validate -f {file} --data {folder.Path}", "/dev/null"])
        {
            start.ArgumentList.Add(argument);
        }
        (start.Environment["TERM"], start.Environment["NO_COLOR"]) = ("xterm", "1");

        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync().Within("what it says");
        await process.WaitForExitAsync().Within("its end");

        Assert.Contains("service is Blog_1", said.Replace("\r\n  ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("\e", said, StringComparison.Ordinal);
        // A path is never broken: the first word of a line may be longer.
        Assert.All(said.Split("\r\n"), line => Assert.True(line.Length <= 60 || !line.Trim().Contains(' '), line));
    }
}
