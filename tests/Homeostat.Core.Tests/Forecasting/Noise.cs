namespace Homeostat.Core.Tests.Forecasting;

/// <summary>Random numbers that are the same for a seed everywhere.</summary>
internal sealed class Noise(int seed)
{
    private ulong _state = ((ulong)seed * 0x9E3779B97F4A7C15) + 1;

    /// <summary>Above 0, below 1.</summary>
    public double Uniform()
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        return ((_state >> 11) + 0.5) / (1UL << 53);
    }

    public double Normal() => Math.Sqrt(-2 * Math.Log(Uniform())) * Math.Cos(2 * Math.PI * Uniform());

    /// <summary>Arrivals: mean as given.</summary>
    public int Poisson(double mean)
    {
        if (mean > 50)
        {
            return (int)Math.Max(0, Math.Round(mean + (Math.Sqrt(mean) * Normal())));
        }
        var (count, left) = (0, Math.Exp(-mean));
        for (var product = Uniform(); product > left; product *= Uniform())
        {
            count++;
        }
        return count;
    }
}
