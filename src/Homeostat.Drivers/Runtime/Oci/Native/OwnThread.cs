namespace Homeostat.Drivers.Runtime.Oci.Native;

/// <summary>Runs work on a thread of its own that ends afterwards: namespaces that the work enters or makes die with the thread and reach no other code.</summary>
internal static class OwnThread
{
    public static Task<T> RunAsync<T>(string name, Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(
            () =>
            {
                try
                {
                    done.SetResult(work());
                }
                catch (Exception error)
                {
                    // Carried to the awaiting caller: a thread has no other way to report.
                    done.SetException(error);
                }
            },
            maxStackSize: 256 * 1024)
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        return done.Task;
    }
}
