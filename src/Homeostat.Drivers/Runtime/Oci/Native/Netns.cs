using Microsoft.Win32.SafeHandles;

namespace Homeostat.Drivers.Runtime.Oci.Native;

/// <summary>
/// A network namespace held open. While the handle (or a process in it) lives the namespace lives; no file is mounted for it, so nothing can be left behind.
/// </summary>
internal sealed class Netns : IDisposable
{
    private readonly SafeFileHandle _handle;

    private Netns(SafeFileHandle handle) => _handle = handle;

    public int Fd => (int)_handle.DangerousGetHandle();

    /// <summary>As another program opens it, while this process holds it.</summary>
    public string Path => $"/proc/{Environment.ProcessId}/fd/{Fd}";

    public static Task<Netns> CreateAsync() => OwnThread.RunAsync("netns", () =>
    {
        Libc.Check(Libc.Unshare(Libc.CloneNewNet), "making a network namespace");
        return new Netns(File.OpenHandle("/proc/thread-self/ns/net"));
    });

    /// <summary>The namespace a process is in.</summary>
    /// <exception cref="IOException">The process is gone.</exception>
    public static Netns OfProcess(int pid) => new(File.OpenHandle($"/proc/{pid}/ns/net"));

    /// <summary>
    /// Runs <paramref name="work"/> inside. It must not await: the calling thread is in the namespace only until this returns.
    /// A thread that can't come back would leak another tenant's network into unrelated code, so that ends the process.
    /// </summary>
    public T Run<T>(Func<T> work)
    {
        using var home = File.OpenHandle("/proc/thread-self/ns/net");
        Libc.Check(Libc.SetNs(Fd, Libc.CloneNewNet), "entering a network namespace");
        try
        {
            return work();
        }
        finally
        {
            if (Libc.SetNs((int)home.DangerousGetHandle(), Libc.CloneNewNet) < 0)
            {
                Environment.FailFast("a thread could not return from an instance's network namespace");
            }
        }
    }

    public void Dispose() => _handle.Dispose();
}
