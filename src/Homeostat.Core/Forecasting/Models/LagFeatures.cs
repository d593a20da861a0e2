namespace Homeostat.Core.Forecasting.Models;

/// <summary>
/// What a regression sees of the past at one origin: 1, the newest value, the changes between the 12 newest, how far means of the past are from the newest value, and with a
/// season the values one and two seasons before the target and before the origin. Changes instead of values: what is shrunk towards nothing is then shrunk towards the last value.
/// </summary>
internal sealed class LagFeatures(History history, Func<int?> period)
{
    public const int Lags = 12;

    /// <summary>Windows of the means.</summary>
    private const int MeanShort = 30;
    private const int MeanLong = 120;

    /// <summary>Features without a season: they are the first of those with one.</summary>
    public const int Plain = 1 + Lags + 2;

    public const int Seasonal = Plain + 4;

    public int? Period => period();

    /// <summary>Steps of the past an origin needs.</summary>
    public int Needed(int steps, bool seasonal) => seasonal && period() is { } season ? Math.Max(Lags, ((steps + season - 1) / season * season) + 1) : Lags;

    /// <param name="into">Of length <see cref="Plain"/> or <see cref="Seasonal"/>.</param>
    /// <param name="ago">The origin, steps before the newest value.</param>
    /// <param name="log">All values as log(1 + value).</param>
    /// <returns>The value at the origin, which forecasts are the change from.</returns>
    public double Fill(Span<double> into, int ago, int steps, bool log)
    {
        double At(int back)
        {
            var value = history[Math.Min(back, history.Count - 1)];
            return log ? Math.Log(1 + value) : value;
        }
        var origin = At(ago);
        (into[0], into[1]) = (1, origin);
        var before = origin;
        for (var i = 1; i < Lags; i++)
        {
            var older = At(ago + i);
            into[1 + i] = before - older;
            before = older;
        }
        into[1 + Lags] = Mean(ago, MeanShort, log) - origin;
        into[2 + Lags] = Mean(ago, MeanLong, log) - origin;
        if (into.Length == Seasonal)
        {
            var season = period() ?? 1;
            var first = (steps + season - 1) / season * season;
            var (then, now) = (At(ago + first - steps), At(ago + first));
            var hasSecond = ago + first + season < history.Count;
            var (thenSecond, nowSecond) = hasSecond ? (At(ago + first + season - steps), At(ago + first + season)) : (then, now);
            into[Plain] = then - now;
            into[Plain + 1] = now - origin;
            into[Plain + 2] = thenSecond - then;
            into[Plain + 3] = nowSecond - now;
        }
        return origin;
    }

    private double Mean(int ago, int window, bool log)
    {
        var (sum, many) = (0.0, Math.Min(window, history.Count - ago));
        for (var i = 0; i < many; i++)
        {
            sum += history[ago + i];
        }
        var mean = sum / Math.Max(1, many);
        return log ? Math.Log(1 + mean) : mean;
    }
}
