using System.Runtime.InteropServices;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>Sleeps for less than a millisecond, which <see cref="Thread.Sleep(TimeSpan)"/> can't: it would return at once.</summary>
internal static partial class Pause
{
    public static void For(TimeSpan time) => _ = Sleep((uint)Math.Clamp(time.TotalMicroseconds, 1, 900_000));

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int Sleep(uint microseconds);
}
