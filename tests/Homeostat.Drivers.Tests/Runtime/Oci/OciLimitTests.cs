using Homeostat.Core.Runtime;
using Homeostat.Drivers.Runtime.Oci;
using Homeostat.Drivers.Runtime.Oci.Host;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>The last address, a full disk.</summary>
public sealed class OciLimitTests : OciTestCase
{
    /// <summary>A /29, five addresses for instances, of its own for each test: another run of these tests may be going on beside this one.</summary>
    private readonly string _range = FreeRange();

    protected override OciDriverOptions Change(OciDriverOptions options) => options with { PoolCells = 0, Addresses = _range };

    [Fact]
    public async Task LastAddress_IsGivenOut_TheNextStartIsRefused_UntilOneIsGivenBack()
    {
        var revision = Specs.Revision(OciPrograms.Of("small", "/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/usr"));
        Assert.Null(await Driver.PrepareAsync(revision, default));
        for (var n = 1; n <= 5; n++)
        {
            Assert.Null((await Driver.StartAsync(new($"i{n}"), revision.Id, StartWay.Cold, Specs.Limits, Next(), default)).Failure);
        }

        var refused = (await Driver.StartAsync(new("i6"), revision.Id, StartWay.Cold, Specs.Limits, Next(), default)).Failure!;
        Assert.Equal(FailureKind.NoAddress, refused.Kind);
        Assert.Contains(_range, refused.Message, StringComparison.Ordinal);
        Assert.Equal(5, (await Driver.ListAsync(default)).Count);

        await Driver.StopAsync(new("i3"), TimeSpan.Zero, Next(), default);
        Assert.Null((await Driver.StartAsync(new("i6"), revision.Id, StartWay.Cold, Specs.Limits, Next(), default)).Failure);
    }

    [Fact]
    public async Task RangeThatTheHostRoutesElsewhere_IsRefusedAtOpen()
    {
        await using var sandbox = new OciSandbox();
        var error = await Assert.ThrowsAsync<IOException>(() => sandbox.OpenAsync(options => options with { Addresses = $"{_range[.._range.LastIndexOf('.')]}.0/24" }));
        Assert.Contains("collides", error.Message, StringComparison.Ordinal);
        Assert.Contains("--addresses", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FullDisk_WhileDumping_LeavesTheInstanceRunning()
    {
        Assert.SkipUnless(Driver.Capabilities.Checkpoint, "no process images on this host");
        var small = Directory.CreateTempSubdirectory("hs-full-").FullName;
        await Command.RunAsync("/bin/mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", small], null, default);
        try
        {
            var driver = await OciRuntimeDriver.OpenAsync(
                new() { DataDirectory = small, PoolCells = 0, ImageMemoryBytes = 0, Addresses = FreeRange() }, TimeProvider.System, default);
            var revision = Specs.Revision(OciPrograms.Python("fills"));
            Assert.Null(await driver.PrepareAsync(revision, default));
            Assert.Null((await driver.StartAsync(new("one"), revision.Id, StartWay.Cold, Specs.Limits, Next(), default)).Failure);
            Fill(Path.Combine(small, "ballast"), leave: 1 << 20);

            var failure = await driver.SleepAsync(new("one"), Tier.Image, Next(), default);

            Assert.Equal(FailureKind.NoSpace, failure!.Kind);
            Assert.StartsWith("one could not be dumped: the disk of the process images is full (criu: ", failure.Message, StringComparison.Ordinal);
            Assert.Equal($"free space on the disk of {small}/runtime/images; it is tried again later", failure.Remedy);
            Assert.Equal(Tier.Running, Assert.Single(await driver.ListAsync(default)).Tier);
            File.Delete(Path.Combine(small, "ballast"));
            Assert.Null(await driver.SleepAsync(new("one"), Tier.Image, Next(), default));
            Assert.Null((await driver.WakeAsync(new("one"), Specs.Limits, Next(), default)).Failure);
            await driver.StopAsync(new("one"), TimeSpan.Zero, Next(), default);
            await driver.DisposeAsync();
        }
        finally
        {
            await Command.RunAsync("/bin/umount", ["-l", small], null, default);
            Directory.Delete(small);
        }
    }

    [Fact]
    public async Task FullDisk_TheDoctorSaysToFreeSpace()
    {
        var small = Directory.CreateTempSubdirectory("hs-full-").FullName;
        await Command.RunAsync("/bin/mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", small], null, default);
        try
        {
            Fill(Path.Combine(small, "ballast"), leave: 0);

            var overlay = Assert.Single(await HostProbe.CheckAsync(new() { DataDirectory = small }, default), check => check.Name == "overlay");

            Assert.Contains("No space left", overlay.What, StringComparison.Ordinal);
            Assert.Equal($"free space on the disk of {small}", overlay.Remedy);
        }
        finally
        {
            await Command.RunAsync("/bin/umount", ["-l", small], null, default);
            Directory.Delete(small);
        }
    }

    /// <summary>Whatever else is on the disk, so much is free afterwards: less than a dump needs.</summary>
    private static void Fill(string file, long leave)
    {
        using var ballast = File.Create(file);
        ballast.Write(new byte[new DriveInfo(Path.GetDirectoryName(file)!).AvailableFreeSpace - leave]);
    }

    /// <summary>One of the 7,680 in 10.94.16.0 to 10.94.255.255; the platform takes none of these by itself.</summary>
    private static string FreeRange() => $"10.94.{Random.Shared.Next(16, 256)}.{8 * Random.Shared.Next(32)}/29";
}
