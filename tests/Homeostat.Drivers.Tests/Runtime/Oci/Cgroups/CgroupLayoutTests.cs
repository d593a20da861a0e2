using Homeostat.Drivers.Runtime.Oci.Cgroups;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Cgroups;

public sealed class CgroupLayoutTests
{
    [Fact]
    public void Hybrid_IsVersion1_AndKnowsEveryTree()
    {
        var layout = CgroupLayout.Parse([
            "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0",
            "cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0",
            "cgroup /sys/fs/cgroup/freezer cgroup rw,relatime,freezer 0 0",
            "cgroup /sys/fs/cgroup/devices cgroup rw,relatime,devices 0 0",
            "cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,name=systemd 0 0",
            "cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0",
        ]);

        Assert.Equal(1, layout.Version);
        Assert.Equal(6, layout.AllMounts.Count);
        Assert.Equal("/sys/fs/cgroup/cpu,cpuacct/g/cpuacct.usage", layout.FileOf("cpuacct", "/g", "cpuacct.usage"));
        Assert.Null(layout.FileOf("pids", "/g", "pids.max"));
    }

    [Fact]
    public void Unified_IsVersion2()
    {
        var layout = CgroupLayout.Parse(["cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime 0 0"]);

        Assert.Equal(2, layout.Version);
        Assert.Equal("/sys/fs/cgroup/g/memory.current", layout.FileOf("memory", "/g", "memory.current"));
        Assert.True(layout.Has("freezer"));
    }

    [Fact]
    public void HostWithoutAny_HasNothing()
    {
        var layout = CgroupLayout.Parse(["proc /proc proc rw 0 0"]);

        Assert.Equal(1, layout.Version);
        Assert.False(layout.Has("memory"));
        Assert.Empty(layout.AllMounts);
    }
}
