namespace Homeostat.Benchmarks.Elasticity;

/// <summary>A load over time: requests per second as a function of the part of the run that is over, 0..1.</summary>
/// <param name="Rate">Requests per second, between the low and the high it was made with.</param>
internal sealed record LoadShape(string Name, Func<double, double> Rate)
{
    /// <summary>The four loads of the elasticity benchmark between two rates.</summary>
    /// <param name="low">Requests per second in the quiet.</param>
    /// <param name="high">Requests per second at the peak.</param>
    public static IReadOnlyList<LoadShape> All(double low, double high) =>
    [
        // Two quiet and two busy quarters.
        new("square", part => (int)(part * 4) % 2 == 0 ? low : high),
        // A tenth of the time at the peak, once.
        new("spike", part => part is >= 0.45 and < 0.55 ? high : low),
        new("ramp", part => low + ((high - low) * part)),
        // Two waves, from the quiet.
        new("sine", part => low + ((high - low) * (1 - Math.Cos(part * 4 * Math.PI)) / 2)),
    ];

    /// <summary>
    /// When requests come: a Poisson process of this rate, by inversion of its integral (exponential gaps of mean 1 in the integrated rate, stepped in milliseconds). The same for the
    /// same seed, so that everybody compared gets the same requests.
    /// </summary>
    /// <param name="length">Of the run; at most an hour.</param>
    /// <returns>From the start of the run, rising.</returns>
    public IReadOnlyList<TimeSpan> Arrivals(TimeSpan length, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, TimeSpan.FromHours(1));
        var random = new Random(seed);
        var (arrivals, due, passed) = (new List<TimeSpan>(), Gap(random), 0.0);
        for (var at = 0; at < length.TotalMilliseconds; at++)
        {
            var step = Rate(at / length.TotalMilliseconds) / 1000;
            for (passed += step; passed >= due; due += Gap(random))
            {
                // Within the millisecond, where the integral reaches it.
                arrivals.Add(TimeSpan.FromMilliseconds(at + 1 - ((passed - due) / step)));
            }
        }

        return arrivals;
    }

    private static double Gap(Random random) => -Math.Log(1 - random.NextDouble());
}
