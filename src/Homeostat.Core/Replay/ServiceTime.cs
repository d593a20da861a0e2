namespace Homeostat.Core.Replay;

/// <summary>How long requests take to be served while nothing slows them down.</summary>
/// <param name="Mean">Above 0.</param>
/// <param name="Variation">Deviation by mean (coefficient of variation), 0 or more; 0: each takes the mean. Others are lognormal, as service times of web servers mostly are.</param>
public sealed record ServiceTime(TimeSpan Mean, double Variation = 0)
{
    /// <summary>50 ms, lognormal with a deviation as large as the mean.</summary>
    public static ServiceTime Default { get; } = new(TimeSpan.FromMilliseconds(50), 1);

    // Of a lognormal: variation^2 = exp(sigma^2) - 1, mean = exp(mu + sigma^2 / 2).
    private readonly double _sigma = Math.Sqrt(Math.Log(1 + (Variation * Variation)));
    private readonly double _mu = Math.Log(Mean.Ticks) - (Math.Log(1 + (Variation * Variation)) / 2);

    /// <summary>Ticks (100 ns) of one request, 1 or more.</summary>
    public long Draw(ReplayRandom random) => Variation == 0
        ? Mean.Ticks
        : Math.Max(1, (long)Math.Exp(_mu + (_sigma * random.NextNormal())));
}
