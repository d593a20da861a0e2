using Homeostat.Core.Services;
using Homeostat.Server.Services;
using Xunit;

namespace Homeostat.Server.Tests.Services;

public sealed class ServiceHostCheckTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Check_CommandInPathOfTheHost_IsFound() => Assert.Empty(Check("host: true\ncommand: [sh]"));

    [Fact]
    public void Check_CommandNotInPath_NamesItAndThePath()
    {
        var error = Assert.Single(Check("host: true\ncommand: [no-such-program]"));

        Assert.Equal((3, 10, "command"), (error.Line, error.Column, error.Key));
        Assert.Contains("not in PATH (/usr/local/sbin:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_MissingMountSource_PointsAtIt()
    {
        var error = Assert.Single(Check("host: true\ncommand: [sh]\nmounts: [ { source: ./gone, target: /srv } ]"));

        Assert.Equal((4, "mounts[0].source"), (error.Line, error.Key));
        Assert.Contains(Path.Combine(_folder.Path, "gone"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_MissingRootAndMissingMount_BothAreSaid() =>
        Assert.Equal(["rootfs", "mounts[0].source"], Check("rootfs: ./none\ncommand: [x]\nmounts: [ { source: ./gone, target: /srv } ]").Select(e => e.Key));

    [Fact]
    public void Check_RootIsAFile_IsSaid()
    {
        _folder.File("root");

        Assert.Contains("is a file", Assert.Single(Check("rootfs: ./root\ncommand: [x]")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_LinksInsideTheRoot_AreFollowedAsInside()
    {
        Executable("root/usr/bin/tool");
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "root/bin"), "/usr/bin");
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "root/usr/bin/up"), "../../../../../../usr/bin/tool");

        Assert.Empty(Check("rootfs: ./root\ncommand: [/bin/tool]"));
        Assert.Empty(Check("rootfs: ./root\ncommand: [up]"));
    }

    [Fact]
    public void Check_LinkLoop_IsNotFound()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "root"));
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "root/a"), "b");
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "root/b"), "a");

        Assert.Contains("does not exist", Assert.Single(Check("rootfs: ./root\ncommand: [/a]")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_CommandInAMount_IsFound()
    {
        Executable("site/run.sh");

        Assert.Empty(Check("host: true\nworkdir: /srv\ncommand: [./run.sh]\nmounts: [ { source: ./site, target: /srv } ]"));
    }

    [Fact]
    public void Check_CommandNotExecutable_SaysSo()
    {
        _folder.File("site/run.sh");

        Assert.Contains("not executable", Assert.Single(Check("host: true\ncommand: [/srv/run.sh]\nmounts: [ { source: ./site, target: /srv } ]")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_TargetThroughALink_IsRefused()
    {
        Executable("root/bin/x");
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "root/srv"), "../../..");
        var error = Assert.Single(Check($"rootfs: ./root\ncommand: [x]\nmounts: [ {{ source: ., target: /srv/etc }} ]"));

        Assert.Equal("mounts[0].target", error.Key);
        Assert.Contains("symbolic link /srv", error.Message, StringComparison.Ordinal);
    }

    private void Executable(string name) =>
        File.SetUnixFileMode(_folder.File(name), UnixFileMode.UserRead | UnixFileMode.UserExecute);

    private IReadOnlyList<ServiceFileError> Check(string lines)
    {
        var parsed = ServiceFileParser.Parse($"service: x\n{lines}\nport: 80\n", _folder.Path);
        Assert.Empty(parsed.Errors);
        return ServiceHostCheck.Check(parsed.Spec!, parsed.Places);
    }
}
