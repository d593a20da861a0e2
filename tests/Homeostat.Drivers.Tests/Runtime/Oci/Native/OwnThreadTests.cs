using Homeostat.Drivers.Runtime.Oci.Native;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Native;

public sealed class OwnThreadTests
{
    /// <summary>A worker of the thread pool born in a cell's namespaces would run unrelated code in a tenant's network.</summary>
    [Fact]
    public async Task Namespaces_EnteredOnAnOwnThread_ReachNoOtherThread()
    {
        Assert.SkipUnless(Libc.EffectiveUser() == 0, "needs root");
        var home = NamespacesOf("/proc/self");

        var made = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => OwnThread.RunAsync("test", () =>
        {
            Libc.Check(Libc.Unshare(Libc.CloneNewNet | Libc.CloneNewNs), "unshare");
            return NamespacesOf("/proc/thread-self");
        })));

        Assert.DoesNotContain(home, made);
        // Only the pool's: tests beside this one have threads of their own in namespaces, rightly.
        Assert.All(Directory.GetDirectories("/proc/self/task").Where(IsOfThePool), task => Assert.Equal(home, NamespacesOf(task) ?? home));
    }

    [Fact]
    public async Task Exception_IsTheCallers() =>
        await Assert.ThrowsAsync<IOException>(() => OwnThread.RunAsync<int>("test", () => throw new IOException("broken")));

    private static bool IsOfThePool(string task)
    {
        try
        {
            return File.ReadAllText(task + "/comm").StartsWith(".NET TP", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // Ended between the listing and now.
        }
    }

    /// <summary>Null for a thread that ended between the listing and now.</summary>
    private static string? NamespacesOf(string path)
    {
        var (net, mnt) = (new FileInfo(path + "/ns/net").LinkTarget, new FileInfo(path + "/ns/mnt").LinkTarget);
        return net is null || mnt is null ? null : net + mnt;
    }
}
