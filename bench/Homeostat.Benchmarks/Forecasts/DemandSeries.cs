using Homeostat.Core.Replay;

namespace Homeostat.Benchmarks.Forecasts;

/// <summary>Generated demand, always the same: what runs where no traces are, and the demand ramps of the Elastic-Docker paper.</summary>
internal static class DemandSeries
{
    private const int Length = 4000;

    public static IEnumerable<(string Name, double[] Values)> All()
    {
        yield return ("made: poisson 20", [.. Enumerable.Range(0, Length).Select(i => Poisson(1, i, 20))]);
        yield return ("made: daily, 288 steps", [.. Enumerable.Range(0, Length).Select(i => Poisson(2, i, 100 + (80 * Math.Sin(2 * Math.PI * i / 288))))]);
        yield return ("made: walk", Walk());
        yield return ("made: bursts", [.. Enumerable.Range(0, Length).Select(i => Draw(4, i) < 0.03 ? 500 * Draw(5, i) : Poisson(6, i, 3))]);
    }

    /// <summary>
    /// Ramps of 100 to 1,500 messages; those with noise once per seed. The paper prints neither its ramps nor its definition of error (0.06 to 0.15 for the grey model): these
    /// are the shapes its text allows.
    /// </summary>
    public static IEnumerable<(string Name, IReadOnlyList<double[]> Seeds)> Ramps()
    {
        yield return ("linear, 15 points of +100", [Points(15, i => 100 + (100 * i))]);
        yield return ("steps of 200, 5 ticks each", [Points(40, i => 100 + (200 * (i / 5)))]);
        yield return ("geometric, 30 points of +9.8%", [Points(30, i => 100 * Math.Pow(1.098, i))]);
        yield return ("S curve, 40 points", [Points(40, i => 100 + (1400 / (1 + Math.Exp(-(i - 19.5) / 4))))]);
        yield return ("up and down, 57 points", [Points(57, i => 1500 - (50 * Math.Abs(28 - i)))]);
        foreach (var noise in new[] { 0.05, 0.08, 0.10, 0.12 })
        {
            yield return ($"linear, 57 points, {noise * 100:0}% noise", Noisy(57, i => 100 + (25 * i), noise));
        }
        yield return ("linear, 57 points, Poisson", [.. Enumerable.Range(1, 10).Select(seed => Points(57, i => Poisson(100 + seed, i, 100 + (25 * i))))]);
        yield return ("steps of 200, 10% noise", Noisy(40, i => 100 + (200 * (i / 5)), 0.1));
    }

    private static double[] Points(int count, Func<int, double> value) => [.. Enumerable.Range(0, count).Select(value)];

    private static double[][] Noisy(int count, Func<int, double> value, double part) =>
        [.. Enumerable.Range(1, 10).Select(seed => Points(count, i => Math.Max(0, value(i) * (1 + (part * Normal(200 + seed, i))))))];

    private static double[] Walk()
    {
        var (walk, values) = (100.0, new double[Length]);
        for (var i = 0; i < Length; i++)
        {
            values[i] = walk = Math.Max(0, walk + (4 * Normal(3, i)));
        }
        return values;
    }

    private static double Poisson(int seed, int i, double mean)
    {
        var random = new ReplayRandom(seed, i);
        if (mean > 50)
        {
            return Math.Max(0, Math.Round(mean + (Math.Sqrt(mean) * random.NextNormal())));
        }
        var (count, left) = (0, Math.Exp(-mean));
        for (var product = random.NextDouble(); product > left; product *= random.NextDouble())
        {
            count++;
        }
        return count;
    }

    private static double Normal(int seed, int i) => new ReplayRandom(seed, i).NextNormal();

    private static double Draw(int seed, int i) => new ReplayRandom(seed, i).NextDouble();
}
