namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>A root file system with nothing but a static busybox.</summary>
internal sealed class TemporaryRoot : IDisposable
{
    public TemporaryRoot()
    {
        var busybox = new[] { "/usr/bin/busybox", "/bin/busybox" }.First(File.Exists);
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "bin"));
        File.Copy(busybox, System.IO.Path.Combine(Path, "bin/busybox"));
        File.CreateSymbolicLink(System.IO.Path.Combine(Path, "bin/sh"), "busybox");
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("hs-root-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
