using Homeostat.Core.Runtime;
using Homeostat.Drivers.Runtime.Oci;
using Homeostat.Drivers.Runtime.Oci.Sweep;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>A platform that was killed: its driver is left as it is, never disposed of.</summary>
public sealed class OciAdoptionTests
{
    [Fact]
    public async Task KilledPlatform_ItsInstancesLiveOn_AndItsPoolsAreRemoved()
    {
        await using var sandbox = new OciSandbox();
        var killed = await sandbox.OpenAsync();
        var id = await OciSandbox.StartedAsync(killed, "survivor");
        // The instance's cell and one in the pool.
        var cells = await LivingAsync(sandbox, 2);
        var pid = Assert.Single(await killed.ListAsync(default)).Pid;

        await using var driver = await sandbox.OpenAsync();

        var seen = Assert.Single(await driver.ListAsync(default));
        Assert.Equal((id, Tier.Running, pid), (seen.Id, seen.Tier, seen.Pid));
        var left = await LivingCells.FindAsync(new DataPaths(sandbox.Data), default);
        Assert.Single(left);
        Assert.Subset(cells.ToHashSet(), left.ToHashSet());
        await driver.StopAsync(id, TimeSpan.Zero, new(2), default);
    }

    [Fact]
    public async Task HostThatWasRestarted_ItsInstancesAreForgotten()
    {
        await using var sandbox = new OciSandbox();
        var before = await sandbox.OpenAsync();
        var id = await OciSandbox.StartedAsync(before, "mortal");
        var state = new DataPaths(sandbox.Data).StateOf(id.Value);
        var boot = (await File.ReadAllTextAsync("/proc/sys/kernel/random/boot_id")).Trim();
        await File.WriteAllTextAsync(state, (await File.ReadAllTextAsync(state)).Replace(boot, "another boot", StringComparison.Ordinal));

        await using var driver = await sandbox.OpenAsync();

        Assert.Empty(await driver.ListAsync(default));
        Assert.False(File.Exists(state));
    }

    private static async Task<IReadOnlySet<string>> LivingAsync(OciSandbox sandbox, int count)
    {
        var limit = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(limit) < Waiting.Deadline)
        {
            if (await LivingCells.FindAsync(new DataPaths(sandbox.Data), default) is var living && living.Count >= count)
            {
                return living;
            }
        }

        throw new TimeoutException($"{count} cells did not stand within {Waiting.Deadline}");
    }
}
