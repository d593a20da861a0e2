using Homeostat.Testing;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Rootless;

/// <summary>
/// The driver's conformance suite once more, as a user who is not root: this test program runs itself through the launcher. Facts that need what such a user can't have
/// (process images, paging out) skip themselves there; the others must pass, and their number must not silently become small.
/// </summary>
public sealed class RootlessDriverTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData(false, "*", 20)]
    [InlineData(true, "Stop_*", 3)]
    public async Task Conformance_AsAnOrdinaryUser_Passes(bool lendIds, string facts, int factsMin)
    {
        using var user = new OrdinaryUser(lendIds);
        var app = user.Give(AppContext.BaseDirectory, "app");
        var libexec = user.Give(Nearest("libexec"), "libexec");
        var filter = $"*OciConformanceTests.{facts}";

        using var run = user.Start(Path.Combine(libexec, "rootless"), "--", Path.Combine(app, "Homeostat.Drivers.Tests"), "-noLogo", "-noColor", "-method", filter);
        var (output, errors) = (run.StandardOutput.ReadToEndAsync(), run.StandardError.ReadToEndAsync());
        await run.WaitForExitAsync().Within("the suite", Limit);

        var said = await output + await errors;
        Assert.True(run.ExitCode == 0, said);
        Assert.True(Ran(said) >= factsMin, said);
        user.AssertNothingLeft();
    }

    private static int Ran(string summary)
    {
        var figures = System.Text.RegularExpressions.Regex.Match(summary, @"Total: (\d+), .*Skipped: (\d+)");
        return int.Parse(figures.Groups[1].ValueSpan) - int.Parse(figures.Groups[2].ValueSpan);
    }

    private static string Nearest(string folder)
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !Directory.Exists(Path.Combine(directory.FullName, folder)))
        {
            directory = directory.Parent;
        }

        return Path.Combine(directory?.FullName ?? throw new DirectoryNotFoundException($"{folder}: ./run test builds it"), folder);
    }
}
