using Homeostat.Server.Monitoring;
using Xunit;

namespace Homeostat.Server.Tests.Monitoring;

public sealed class HostFiguresTests
{
    [Theory]
    [InlineData("Cpus_allowed_list:\t0-3,6", 5)]
    [InlineData("Cpus_allowed_list:\t2", 1)]
    [InlineData("Cpus_allowed_list:\tx", null)]
    [InlineData("Name: x", null)]
    public void Cores_OfStatus(string line, int? expected) => Assert.Equal(expected, HostCpu.OfStatus(["Pid: 1", line]));

    [Theory]
    [InlineData("150000 100000", 1.5)]
    [InlineData("max 100000", double.PositiveInfinity)]
    [InlineData("-1 100000", double.PositiveInfinity)]
    [InlineData(" ", double.PositiveInfinity)]
    public void Cores_OfQuota(string text, double expected) => Assert.Equal(expected, HostCpu.OfQuota(text));

    [Fact]
    public void Field_OfMeminfo()
    {
        const string text = "MemTotal:       24684096 kB\nMemAvailable:   100 kB\nHugePages_Total:       3\n";
        Assert.Equal((24684096L << 10, 100L << 10, 0L, 0L), (HostMemory.Field(text, "MemTotal"), HostMemory.Field(text, "MemAvailable"), HostMemory.Field(text, "Mem"), HostMemory.Field(text, "Swap")));
    }

    [Fact]
    public void ThisHost_HasSome()
    {
        Assert.InRange(HostCpu.Cores(), 0.01, 4096);
        Assert.InRange(HostMemory.AvailableBytes(), 1, long.MaxValue / 2);
        Assert.True(HostMemory.CapacityBytes() > 16 << 20);
    }
}
