using Xunit;

namespace Homeostat.Testing;

/// <summary>Waiting with a deadline that says what was waited for.</summary>
public static class Waiting
{
    /// <summary>
    /// How many times longer than on real hardware things may take: <c>HOMEOSTAT_TEST_SLOWNESS</c>, 1 to 100, default 1. An emulated machine sets it.
    /// </summary>
    public static readonly int Slowness =
        int.TryParse(Environment.GetEnvironmentVariable("HOMEOSTAT_TEST_SLOWNESS"), out var times) ? Math.Clamp(times, 1, 100) : 1;

    /// <summary>Long for a busy machine, short for a person.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20) * Slowness;

    public static async Task Within(this Task task, string what, TimeSpan? deadline = null)
    {
        try
        {
            await task.WaitAsync(deadline ?? Deadline);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            Assert.Fail($"did not happen within {deadline ?? Deadline}: {what}");
        }
    }

    /// <summary>Looks every few milliseconds until it is so; for what tells nobody when it changes, as counters of the kernel.</summary>
    public static async Task Until(Func<Task<bool>> isSo, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Deadline, $"did not happen within {Deadline}: {what}");
            await timer.WaitForNextTickAsync();
        }
    }

    public static async Task<T> Within<T>(this Task<T> task, string what, TimeSpan? deadline = null)
    {
        await ((Task)task).Within(what, deadline);
        return await task;
    }

    public static Task<T> Within<T>(this ValueTask<T> task, string what, TimeSpan? deadline = null) => task.AsTask().Within(what, deadline);
}
