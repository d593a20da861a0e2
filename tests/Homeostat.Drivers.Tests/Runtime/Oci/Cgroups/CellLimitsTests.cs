using Homeostat.Core.Runtime;
using Homeostat.Drivers.Runtime.Oci.Cgroups;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Cgroups;

/// <summary>On plain files in the shape of either hierarchy; with the kernel behind them in the conformance suite.</summary>
public sealed class CellLimitsTests : IDisposable
{
    private const long MiB = 1 << 20;

    private readonly string _root = Directory.CreateTempSubdirectory("hs-limits").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void V2_IsReadChangedAndSampled()
    {
        using var limits = new CellLimits(V2(), made: null);
        Assert.Equal(new ResourceLimits(0.5, 64 * MiB), limits.Now);

        Assert.Null(limits.Change(new("i"), new(1.25, 128 * MiB)));

        Assert.Equal(("125000 100000", $"{128 * MiB}"), (Text("g/cpu.max"), Text("g/memory.max")));
        var usage = limits.Sample()!.Value;
        Assert.Equal(new ResourceUsage(TimeSpan.FromMilliseconds(1500), TimeSpan.FromMilliseconds(2), 40, 3, 10 * MiB, 7), usage);
    }

    [Fact]
    public void Sample_NearTheLimit_LeavesTheInactiveCacheOut()
    {
        using var limits = new CellLimits(V2(), new ResourceLimits(null, 12 * MiB));
        Assert.Equal(6 * MiB, limits.Sample()!.Value.MemoryBytes);

        // Raised: would it fit into what it had?
        Assert.Null(limits.Change(new("i"), new(null, 64 * MiB)));
        Assert.Equal(6 * MiB, limits.Sample()!.Value.MemoryBytes);
    }

    [Fact]
    public void Change_BelowWhatIsInUse_IsRefusedAndChangesNothing()
    {
        using var limits = new CellLimits(V2(), made: null);

        var failure = limits.Change(new("i"), new(2, 6 * MiB))!;

        Assert.Equal(FailureKind.Environment, failure.Kind);
        Assert.Equal("i uses 6Mi of memory: too much for a limit of 6Mi, of which an eighth is kept free", failure.Message);
        Assert.Equal(("50000 100000", $"{64 * MiB}"), (Text("g/cpu.max"), Text("g/memory.max")));
        Assert.Null(limits.Change(new("i"), new(2, 7 * MiB)));
    }

    [Fact]
    public void WhileCpuIsLifted_ChangesAreNoted_AndReturnAfterwards()
    {
        using var limits = new CellLimits(V2(), made: null);
        limits.LiftCpu();
        Assert.StartsWith("max", Text("g/cpu.max"), StringComparison.Ordinal);

        Assert.Null(limits.Change(new("i"), new(2, 64 * MiB)));
        Assert.StartsWith("max", Text("g/cpu.max"), StringComparison.Ordinal);
        limits.ReturnCpu();

        Assert.Equal("200000 100000", Text("g/cpu.max"));
        limits.LiftCpu();
        limits.Begin(new(0.5, 32 * MiB), mayLower: false);
        Assert.Equal((new ResourceLimits(0.5, 64 * MiB), "50000 100000"), (limits.Now, Text("g/cpu.max")));
    }

    [Fact]
    public void GroupGone_ThereIsNothingToChangeOrSample()
    {
        var group = V2();
        using var limits = new CellLimits(group, made: null);
        Directory.Delete(Path.Combine(_root, "g"), recursive: true);

        Assert.Null(limits.Now);
        Assert.Null(limits.Sample());
        Assert.Equal(FailureKind.NotFound, limits.Change(new("i"), new(1, 64 * MiB))!.Kind);
    }

    [Fact]
    public void WithoutControlGroups_NothingIsLimited()
    {
        using var limits = new CellLimits(null, new ResourceLimits(null, 64 * MiB));

        limits.Begin(new(1, 64 * MiB), mayLower: true);
        limits.LiftCpu();
        limits.ReturnCpu();

        Assert.Null(limits.Sample());
        Assert.Equal(FailureKind.NotSupported, limits.Change(new("i"), new(1, 64 * MiB))!.Kind);
    }

    [Fact]
    public void V1_WithALimitOfMemoryAndSwap_IsRaisedAndLowered()
    {
        var layout = CgroupLayout.OfHost();
        Assert.SkipUnless(layout.Version == 1 && layout.Has("memory") && File.Exists(layout.FileOf("memory", "", "memory.memsw.limit_in_bytes")), "no v1 memory controller that counts swap");
        var path = $"/homeostat-tests/limits-{Environment.ProcessId}";
        var directories = layout.MountOf.Values.Distinct().Select(mount => mount + path).ToList();
        directories.ForEach(directory => Directory.CreateDirectory(directory));
        try
        {
            File.WriteAllText(layout.FileOf("memory", path, "memory.limit_in_bytes")!, $"{64 * MiB}");
            var both = layout.FileOf("memory", path, "memory.memsw.limit_in_bytes")!;
            File.WriteAllText(both, $"{80 * MiB}");
            using var limits = new CellLimits(new Cgroup(layout, path), made: null);

            // The kernel refuses either order of writes in one of the two directions.
            Assert.Null(limits.Change(new("i"), new(0.5, 256 * MiB)));
            Assert.Equal($"{272 * MiB}", File.ReadAllText(both).Trim());
            Assert.Null(limits.Change(new("i"), new(0.5, 32 * MiB)));
            Assert.Equal($"{48 * MiB}", File.ReadAllText(both).Trim());
            Assert.Equal(new ResourceLimits(0.5, 32 * MiB), new CellLimits(new Cgroup(layout, path), made: null).Now);
        }
        finally
        {
            directories.ForEach(Directory.Delete);
        }
    }

    private Cgroup V2()
    {
        Write("cpu.max", "50000 100000\n");
        Write("cpu.stat", "usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\nnr_periods 40\nnr_throttled 3\nthrottled_usec 2000\nnr_bursts 0\n");
        Write("memory.max", $"{64 * MiB}\n");
        Write("memory.current", $"{10 * MiB}\n");
        Write("memory.events", "low 0\nhigh 0\nmax 7\noom 1\noom_kill 0\n");
        Write("memory.stat", $"anon 100\nfile 5\ninactive_file {4 * MiB}\nactive_file 9\n");
        Write("cgroup.procs", "");
        return new Cgroup(new CgroupLayout(2, new Dictionary<string, string> { [""] = _root }, [_root]), "/g");
    }

    private void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.Combine(_root, "g"));
        File.WriteAllText(Path.Combine(_root, "g", file), text);
    }

    private string Text(string file) => File.ReadAllText(Path.Combine(_root, file)).TrimEnd();
}
