namespace Homeostat.Benchmarks.Wake;

/// <summary>An almost empty root file system over which peers mount the host's /usr: the same files our containers see.</summary>
internal static class HostRoot
{
    /// <summary>Folders of the host that the peers mount read-only; those that are links on a merged-/usr host are links here too.</summary>
    public static IReadOnlyList<string> Mounts { get; } =
        new[] { "/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc" }.Where(p => Directory.Exists(p) && new DirectoryInfo(p).LinkTarget is null).ToArray();

    public static void Make(string folder, IEnumerable<string> targets)
    {
        foreach (var name in new[] { "tmp", "proc", "sys", "dev", "run", "var/lib" }.Concat(Mounts.Select(m => m[1..])).Concat(targets.Select(t => t.TrimStart('/'))))
        {
            Directory.CreateDirectory(Path.Combine(folder, name));
        }

        foreach (var link in new[] { "bin", "sbin", "lib", "lib64" })
        {
            if (new DirectoryInfo("/" + link).LinkTarget is { } target && !Path.Exists(Path.Combine(folder, link)))
            {
                File.CreateSymbolicLink(Path.Combine(folder, link), target);
            }
        }
    }
}
