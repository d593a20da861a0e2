using Homeostat.Testing;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>Root file systems of the tenant's own. A static program needs nothing in them but itself: no loader, no mount points.</summary>
public sealed class OciRootTests : OciTestCase
{
    protected override OciDriverOptions Change(OciDriverOptions options) => options with { PoolCells = 0, ImageMemoryBytes = 64L << 20 };

    [Theory]
    [InlineData]
    [InlineData("dev", "proc", "sys", "etc", "tmp", "run")]
    public async Task RootWithAStaticProgramAlone_Starts_Sleeps_AndWakes(params string[] directories)
    {
        using var root = new TemporaryRoot();
        foreach (var directory in directories)
        {
            Directory.CreateDirectory(Path.Combine(root.Path, directory));
        }

        await CycleAsync(Of(root));
    }

    [Fact]
    public async Task RootWhoseBinIsALink_Starts_Sleeps_AndWakes()
    {
        using var root = new TemporaryRoot();
        Directory.CreateDirectory(Path.Combine(root.Path, "usr"));
        Directory.Move(Path.Combine(root.Path, "bin"), Path.Combine(root.Path, "usr/bin"));
        File.CreateSymbolicLink(Path.Combine(root.Path, "bin"), "usr/bin");

        await CycleAsync(Of(root));
    }

    [Fact]
    public async Task MountTargetsThatAreNotInTheRoot_AreMadeInTheCellAlone()
    {
        using var root = new TemporaryRoot();
        var mounted = Directory.CreateTempSubdirectory("hs-mounted-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(mounted, "page"), "mounted page\n");
            var spec = Of(root) with { Mounts = [new(mounted, "/srv/app"), new(Path.Combine(mounted, "page"), "/www/one/file")] };

            var id = await CycleAsync(spec);

            Assert.EndsWith("mounted page\n", await GetAsync(id, "/one/file"), StringComparison.Ordinal);
            Assert.Equal(["bin", "www"], Directory.EnumerateFileSystemEntries(root.Path).Select(Path.GetFileName).Order());
            Assert.Equal(["page"], Directory.EnumerateFileSystemEntries(Path.Combine(root.Path, "www")).Select(Path.GetFileName));
        }
        finally
        {
            Directory.Delete(mounted, recursive: true);
        }
    }

    [Fact]
    public async Task CommandThatIsNotInTheRoot_IsTold()
    {
        using var root = new TemporaryRoot();

        var failure = (await StartAsync(Of(root) with { Command = ["/usr/bin/python3"] })).Failure!;

        Assert.Equal(FailureKind.CommandNotFound, failure.Kind);
        Assert.Contains("rootfs", failure.Remedy, StringComparison.Ordinal);
    }

    private static ServiceSpec Of(TemporaryRoot root)
    {
        Directory.CreateDirectory(Path.Combine(root.Path, "www"));
        File.WriteAllText(Path.Combine(root.Path, "www/page"), "page of the root\n");
        return OciPrograms.Of("root", "/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www") with { Root = new RootSource.Directory(root.Path) };
    }

    /// <summary>Cold start, sleep as an image (where the host can), wake.</summary>
    private async Task<InstanceId> CycleAsync(ServiceSpec spec)
    {
        var id = await StartedAsync(spec);
        Assert.EndsWith("page of the root\n", await GetAsync(id, "/page"), StringComparison.Ordinal);
        if (Driver.Capabilities.Checkpoint)
        {
            Assert.Null(await Driver.SleepAsync(id, Tier.Image, Next(), default));
            var woken = await Driver.WakeAsync(id, Specs.Limits, Next(), default);
            Assert.True(woken.Failure is null, woken.Failure?.ToString());
            Assert.EndsWith("page of the root\n", await GetAsync(id, "/page"), StringComparison.Ordinal);
        }

        return id;
    }
}
