namespace Homeostat.Drivers.Runtime.Oci.Native;

/// <summary>Runs work on a thread of its own that ends afterwards: namespaces that the work enters or makes die with the thread and reach no other code.</summary>
/// <remarks>
/// A new thread of Linux starts in the namespaces of the thread that makes it, and completing a task can make the thread pool add a worker, there and
/// then. So the working thread completes nothing: a second thread, which never leaves the host's namespaces, waits for it to end and then reports.
/// The work itself must not start tasks, timers or threads.
/// </remarks>
internal static class OwnThread
{
    private const int StackBytes = 256 * 1024;

    public static Task<T> RunAsync<T>(string name, Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Start(name + " (host)", () => Report(name, work, done));
        return done.Task;
    }

    private static void Report<T>(string name, Func<T> work, TaskCompletionSource<T> done)
    {
        T? result = default;
        Exception? error = null;
        var worker = Start(name, () =>
        {
            try
            {
                result = work();
            }
            catch (Exception e)
            {
                // Carried to the awaiting caller: a thread has no other way to report.
                error = e;
            }
        });
        worker.Join();
        if (error is null)
        {
            done.SetResult(result!);
        }
        else
        {
            done.SetException(error);
        }
    }

    private static Thread Start(string name, Action run)
    {
        var thread = new Thread(() => run(), StackBytes) { IsBackground = true, Name = name };
        thread.Start();
        return thread;
    }
}
