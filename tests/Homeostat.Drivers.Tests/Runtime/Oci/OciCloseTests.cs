using Homeostat.Drivers.Runtime.Oci;
using Homeostat.Drivers.Runtime.Oci.Sweep;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>A clean stop in the middle of something: nothing of it is left.</summary>
public sealed class OciCloseTests
{
    [Fact]
    public async Task Close_WhileAPoolFills_LeavesNothing()
    {
        await using var sandbox = new OciSandbox();
        var driver = await sandbox.OpenAsync(options => options with { PoolCells = 3 });
        await OciSandbox.PreparedAsync(driver, "filling");

        await driver.DisposeAsync();

        await AssertNothingIsLeftAsync(sandbox);
    }

    [Fact]
    public async Task Close_WhileATemplateIsMade_LeavesNothing()
    {
        await using var sandbox = new OciSandbox();
        var driver = await sandbox.OpenAsync();
        var revision = await OciSandbox.PreparedAsync(driver, "making");
        var making = driver.MakeTemplateAsync(revision.Id, anew: false, default);

        await driver.DisposeAsync();

        // Given up or done just before.
        await Task.WhenAny(making).Within("the end of the making");
        await AssertNothingIsLeftAsync(sandbox);
    }

    [Fact]
    public async Task Close_RightAfterATemplate_LeavesNothing()
    {
        await using var sandbox = new OciSandbox();
        var driver = await sandbox.OpenAsync();
        var revision = await OciSandbox.PreparedAsync(driver, "made");
        // The pool of empty cells is exchanged for one of clones.
        await driver.MakeTemplateAsync(revision.Id, anew: false, default);

        await driver.DisposeAsync();

        await AssertNothingIsLeftAsync(sandbox);
    }

    [Fact]
    public async Task Close_RightAfterAStop_LeavesNothing()
    {
        await using var sandbox = new OciSandbox();
        var driver = await sandbox.OpenAsync();
        var id = await OciSandbox.StartedAsync(driver, "stopped");
        await driver.StopAsync(id, TimeSpan.Zero, new(2), default);

        await driver.DisposeAsync();

        await AssertNothingIsLeftAsync(sandbox);
    }

    private static async Task AssertNothingIsLeftAsync(OciSandbox sandbox)
    {
        var data = new DataPaths(sandbox.Data);
        Assert.Empty(await LivingCells.FindAsync(data, default));
        Assert.Empty(await LeakCheck.FindAsync(sandbox.Options, default));
        Assert.False(Directory.Exists(data.Volatile));
    }
}
