using System.Runtime.ExceptionServices;

namespace Homeostat.Drivers.Runtime.Oci.Native;

/// <summary>Runs work on a thread of its own that ends afterwards: namespaces that the work enters or makes die with the thread and reach no other code.</summary>
/// <remarks>
/// The result is handed over by joining the thread, not by the thread itself. Completing a task there looks right; but it queues to the thread pool, the pool may
/// make a worker at that moment, and a thread begins its life in the namespaces of the thread that made it: unrelated code would run in a tenant's network for ever.
/// For the same reason the work must not await, queue or start threads.
/// </remarks>
internal static class OwnThread
{
    private const int StackBytes = 256 << 10;

    public static Task<T> RunAsync<T>(string name, Func<T> work) => Task.Run(() =>
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    result = work();
                }
                catch (Exception error)
                {
                    // Carried to the caller: a thread has no other way to report.
                    failure = ExceptionDispatchInfo.Capture(error);
                }
            },
            StackBytes)
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    });
}
