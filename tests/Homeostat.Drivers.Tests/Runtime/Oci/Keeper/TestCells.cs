using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Keeper;

/// <summary>Where the tests' cells live: a short directory on a tmpfs, and the native programs. Skips the test where cells cannot be made.</summary>
internal sealed class TestCells : IDisposable
{
    public TestCells()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "cells need root");
        Runtime = Find("crun") ?? Find("runc") ?? "";
        Assert.SkipWhen(Runtime.Length == 0, "neither crun nor runc is installed");
        Libexec = FindLibexec() ?? "";
        Assert.SkipWhen(Libexec.Length == 0, "init and keeper are not built (./run build, or HOMEOSTAT_LIBEXEC)");
        var criu = Path.Combine(Libexec, "criu");
        Criu = File.Exists(criu) ? criu : null;
        Root = Directory.CreateDirectory($"/dev/shm/homeostat-tests-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..6]}").FullName;
        foreach (var name in (string[])["c", "oci", "run", "images", "srv", "logs"])
        {
            Directory.CreateDirectory(Path.Combine(Root, name));
        }
    }

    public string Runtime { get; }

    public string Libexec { get; }

    public string? Criu { get; }

    public string Root { get; }

    public string Images => Path.Combine(Root, "images");

    /// <summary>Shown in each cell as /srv.</summary>
    public string Programs => Path.Combine(Root, "srv");

    public void RequireCriu() => Assert.SkipWhen(Criu is null, "criu is not built (eng/criu/build.sh)");

    public static void Require(string program) => Assert.SkipWhen(Find(program) is null, $"{program} is not installed");

    public string NewImage(string name) => Directory.CreateDirectory(Path.Combine(Images, name)).FullName;

    public void WriteProgram(string name, string text) => File.WriteAllText(Path.Combine(Programs, name), text);

    public void Dispose()
    {
        Directory.Delete(Root, recursive: true);
        // The runtime removes a container's own cgroups, not the one above them; another test may still use that.
        foreach (var parent in Directory.EnumerateDirectories("/sys/fs/cgroup", "homeostat-tests", SearchOption.AllDirectories).ToList())
        {
            try
            {
                Directory.Delete(parent);
            }
            catch (IOException)
            {
                // In use, or already removed by that other test.
            }
        }
    }

    private static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/usr/sbin").Split(':')
            .Append("/usr/sbin")
            .Select(d => Path.Combine(d, name))
            .FirstOrDefault(File.Exists);

    /// <summary>The nearest such path at or above the tests' own directory.</summary>
    public static string? Above(string path)
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, path)))
            {
                return Path.Combine(d.FullName, path);
            }
        }

        return null;
    }

    private static string? FindLibexec()
    {
        var named = Environment.GetEnvironmentVariable("HOMEOSTAT_LIBEXEC");
        return named is not null && File.Exists(Path.Combine(named, "keeper")) ? named : Path.GetDirectoryName(Above("libexec/keeper"));
    }
}
