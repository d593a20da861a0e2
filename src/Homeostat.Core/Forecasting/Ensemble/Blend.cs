namespace Homeostat.Core.Forecasting.Ensemble;

/// <summary>
/// Combines forecasts of several experts for one horizon online, by losses that are already known, into the mean of two combinations: (1) weights
/// (least loss / loss)^32 of discounted mean losses, nearly the best of late and its equals; (2) ML-Poly, weights by what following each expert would have saved against the
/// combination (Gaillard, Stoltz, van Erven, A second-order bound with excess losses, COLT 2014), gradients of the loss, discounted: finds mixtures that are better
/// than each part. The mean is better than both (docs/architecture/forecasting.md).
/// </summary>
/// <param name="count">Experts; the first is the one to fall back to.</param>
/// <param name="quantile">0.5: absolute loss. Else the pinball loss of that quantile.</param>
/// <param name="halfLife">Steps after which a loss counts half in (1). In (2) twice as many.</param>
/// <param name="steps">The horizon: outcomes of forecasts that overlap are one outcome told several times.</param>
internal sealed class Blend(int count, double quantile, double halfLife, int steps = 1)
{
    private const double Power = 32;

    /// <summary>Independent outcomes after which the combination is trusted wholly.</summary>
    private const double OutcomesToTrust = 4;

    /// <summary>By how much worse than the fallback the combination may be to be heard at all.</summary>
    private const double WatchMax = 0.08;

    private readonly double[] _loss = new double[count];
    private readonly double[] _regret = new double[count];
    private readonly double[] _regretSquares = new double[count];
    private readonly double _keep = Math.Pow(0.5, 1 / halfLife);
    private readonly double _keepRegret = Math.Pow(0.5, 1 / (2 * halfLife));
    private readonly double _keepWatch = Math.Pow(0.5, 1 / (6 * halfLife));
    private double _weight;
    private double _own;
    private double _fallback;
    private long _known;

    public int Bytes => (3 * count * sizeof(double)) + (9 * sizeof(double));

    /// <summary>The expert with the least loss of late.</summary>
    public int Best
    {
        get
        {
            var best = 0;
            for (var i = 1; i < count; i++)
            {
                best = _loss[i] < _loss[best] ? i : best;
            }
            return best;
        }
    }

    /// <summary>What is said: the combination, drawn to the fallback as far as it has done worse than it.</summary>
    /// <param name="combined">The combination alone, to be given back to <see cref="Learn"/>.</param>
    public double Combine(ReadOnlySpan<float> experts, out double combined)
    {
        combined = Combined(experts);
        var trust = _fallback > 0 && _own > _fallback ? Math.Max(0, 1 - (((_own / _fallback) - 1) / WatchMax)) : 1;
        // Few outcomes, and those of long horizons overlap: what was best in them was so by chance.
        trust *= Math.Min(1, (((double)_known / steps) + 0.5) / OutcomesToTrust);
        return (trust * combined) + ((1 - trust) * experts[0]);
    }

    private double Combined(ReadOnlySpan<float> experts)
    {
        var least = double.MaxValue;
        for (var i = 0; i < count; i++)
        {
            least = Math.Min(least, _loss[i]);
        }
        // Nothing known yet, or one was never wrong: that one.
        if (_weight == 0 || least <= 0)
        {
            return experts[_weight == 0 ? 0 : Best];
        }
        var (byLoss, losses, byRegret, regrets) = (0.0, 0.0, 0.0, 0.0);
        for (var i = 0; i < count; i++)
        {
            var weight = Math.Pow(least / _loss[i], Power);
            (byLoss, losses) = (byLoss + (weight * experts[i]), losses + weight);
            weight = Math.Max(0, _regret[i]) / (_regretSquares[i] + double.Epsilon);
            weight = double.IsFinite(weight) ? weight : 0;
            (byRegret, regrets) = (byRegret + (weight * experts[i]), regrets + weight);
        }
        byLoss /= losses;
        return regrets > 0 ? (byLoss + (byRegret / regrets)) / 2 : byLoss;
    }

    /// <param name="experts">What they said for this value.</param>
    /// <param name="said">What they combined to.</param>
    public void Learn(ReadOnlySpan<float> experts, double said, double value)
    {
        var slope = value > said ? -quantile : 1 - quantile;
        slope = value == said ? 0 : slope;
        for (var i = 0; i < count; i++)
        {
            _loss[i] = (_loss[i] * _keep) + Loss(value - experts[i]);
            var saved = slope * (said - experts[i]);
            _regret[i] = (_regret[i] * _keepRegret) + saved;
            _regretSquares[i] = (_regretSquares[i] * _keepRegret) + (saved * saved);
        }
        // The watch looks back farther: it must not be startled by chance.
        _own = (_own * _keepWatch) + Loss(value - said);
        _fallback = (_fallback * _keepWatch) + Loss(value - experts[0]);
        _weight = (_weight * _keep) + 1;
        _known++;
    }

    private double Loss(double error) => error > 0 ? quantile * error : (quantile - 1) * error;
}
