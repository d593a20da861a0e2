namespace Homeostat.Core.Forecasting.Seasons;

/// <summary>
/// Finds after how many steps demand repeats, from the data alone, again and again while it grows: at least 2.2 seasons must have been seen, at most
/// <see cref="PeriodMax"/> steps.
/// </summary>
/// <remarks>
/// <para>The measure of a lag p is the correlation of changes over p/8 steps (of means over p/16) with the changes p steps before. Of a random walk, of noise and of a trend
/// these are unrelated, whereas their plain autocorrelation is high at any lag, and finds seasons everywhere. Changes over p/8 give 8 (n/p - 1.125) pairs that are nearly
/// independent; a correlation must be 4 of its standard errors, Student's t, from nothing, as hundreds of lags are tried: 0.84 with 2.2 seasons, 0.74 with 3;
/// below 0.5 it would be of no use.</para>
/// <para>Four scales are searched: bins of 1, 2 and 4 steps, 512 of them, and of 8 steps over the last 10,240. A strong lag may be a multiple of the season: the shortest
/// part of it (a half to an eighth) that repeats as well by the same means is taken instead. On single steps the lag is made exact, or put on a usual number of steps of a day or
/// week that does as well within 4 %. A find must be met again at the next look unless it is beyond doubt. A season found is kept while it repeats nearly as well as what else
/// is found, and is forgotten when it has not repeated in four looks.</para>
/// </remarks>
internal sealed class SeasonFinder(History history)
{
    public const int PeriodMax = 2016;

    private const int PeriodMin = 4;
    private const int LooksToForget = 4;
    private const int Coarse = 8;
    private const int CoarseBins = 1280;
    private const double StrengthMin = 0.5;

    private const double KeepMin = 0.3;

    /// <summary>What a correlation may differ by and count as the same.</summary>
    private const double Same = 0.04;

    private static readonly int[] Usual = [24, 48, 96, 144, 168, 288, 336, 672, 720, 1440, 2016];

    private readonly History _coarse = new(CoarseBins);
    private double _bin;
    private long _lookAt = 32;
    private int _candidate;
    private int _failed;

    /// <summary>Null: none.</summary>
    public int? Period { get; private set; }

    public int Bytes => _coarse.Bytes + (5 * sizeof(long));

    /// <summary>After the history has a new value. Looks if it is time to: every eighth of what is known, so that all looks together cost little per step.</summary>
    /// <returns>True: <see cref="Period"/> has changed.</returns>
    public bool Observe()
    {
        _bin += history[0];
        if (history.Total % Coarse == 0)
        {
            _coarse.Add(_bin);
            _bin = 0;
        }
        if (history.Total < _lookAt)
        {
            return false;
        }
        _lookAt = history.Total + Math.Clamp(history.Count / 8, 16, 256);
        var before = Period;
        Judge(Look());
        return before != Period;
    }

    private void Judge((int Period, double Strength, bool Certain) found)
    {
        if (Period is { } known)
        {
            var still = StrengthOf(known);
            if (still >= KeepMin && still >= found.Strength - (2 * Same))
            {
                (_failed, _candidate) = (0, 0);
                return;
            }
        }
        if (found.Period == 0)
        {
            Period = ++_failed >= LooksToForget ? null : Period;
            _candidate = 0;
            return;
        }
        _failed = 0;
        if (found.Certain || Math.Abs(found.Period - _candidate) <= Math.Max(1, found.Period / 50))
        {
            (Period, _candidate) = (found.Period, 0);
            return;
        }
        _candidate = found.Period;
    }

    private (int Period, double Strength, bool Certain) Look()
    {
        (int Period, double Strength, bool Certain) best = default;
        foreach (var scale in (ReadOnlySpan<int>)[1, 2, 4, Coarse])
        {
            if (Scaled(scale) is { } series)
            {
                var found = Search(series, scale);
                best = found.Strength > best.Strength + (best.Period == 0 ? 0 : Same) ? found : best;
            }
        }
        return best;
    }

    private SeasonScale? Scaled(int scale)
    {
        var bins = scale == Coarse ? _coarse.Count : Math.Min(512, history.Count / scale);
        return bins < 32 ? null : scale == Coarse ? new SeasonScale(_coarse, bins, 1) : new SeasonScale(history, bins, scale);
    }

    /// <summary>The strongest lag of a scale, or a part of it.</summary>
    private (int Period, double Strength, bool Certain) Search(SeasonScale series, int scale)
    {
        // Lags of fewer bins are left to finer scales, where they are exact.
        var (lag, most) = (0, StrengthMin);
        for (var tried = scale == 1 ? PeriodMin : 24; tried <= Math.Min(series.LagMax, PeriodMax / scale); tried++)
        {
            var strength = series.Strength(tried);
            (lag, most) = strength > most && strength >= Needed(series.Count, tried) ? (tried, strength) : (lag, most);
        }
        if (lag == 0)
        {
            return default;
        }
        var certain = most >= (1 + Needed(series.Count, lag)) / 2;
        for (var parts = 8; parts > 1; parts--)
        {
            if (Part(series, lag, parts) is { } part && part * scale >= PeriodMin && series.Strength(part, lag) >= most - Same)
            {
                lag = part;
                break;
            }
        }
        return (Exact(series, lag, scale), most, certain);
    }

    /// <summary>The lag nearest to a part that is a peak and stands for itself: a constant rise from 0 to the whole lag is no repetition.</summary>
    private static int? Part(SeasonScale series, int lag, int parts)
    {
        var (middle, reach) = ((double)lag / parts, Math.Max(1, lag / parts / 16));
        var (best, most) = (0, -1.0);
        for (var tried = Math.Max(2, (int)Math.Round(middle) - reach); tried <= Math.Round(middle) + reach; tried++)
        {
            var strength = series.Strength(tried, lag);
            (best, most) = strength > most ? (tried, strength) : (best, most);
        }
        return best > 0 && series.Strength(Math.Max(1, best / 2), lag) < most - (4 * Same) ? best : null;
    }

    /// <summary>Student's t of 4 turned into a correlation.</summary>
    private static double Needed(int count, int lag)
    {
        const double T = 4 * 4;
        var pairs = 8 * (((double)count / lag) - 1.125);
        return Math.Sqrt(T / (Math.Max(1, pairs - 2) + T));
    }

    private double StrengthOf(int period)
    {
        var scale = period < 48 ? 1 : period < 192 ? 2 : period < 384 ? 4 : Coarse;
        return Scaled(scale) is { } series && period / scale <= series.LagMax ? series.Strength((int)Math.Round((double)period / scale)) : 0;
    }

    private int Exact(SeasonScale series, int lag, int scale)
    {
        if (scale == 1)
        {
            return Usual.FirstOrDefault(u => u <= series.LagMax && Math.Abs(u - lag) <= u * 0.04 && series.Strength(u, lag) >= series.Strength(lag) - Same, lag);
        }
        var middle = lag * scale;
        // Where single steps do not reach far enough the bins must do.
        var fine = middle + scale <= history.Count / 2.2 ? new SeasonScale(history, history.Count, 1) : null;
        var (best, most) = (middle, fine?.Strength(middle) ?? series.Strength(lag));
        for (var period = middle - scale; fine is not null && period <= middle + scale; period++)
        {
            var strength = fine.Strength(period, middle);
            (best, most) = strength > most ? (period, strength) : (best, most);
        }
        foreach (var usual in Usual)
        {
            var asWell = Math.Abs(usual - best) <= usual * 0.04
                && (fine is not null && usual <= fine.LagMax ? fine.Strength(usual, middle) : series.Strength((int)Math.Round((double)usual / scale), lag)) >= most - (2 * Same);
            if (asWell)
            {
                return usual;
            }
        }
        return Math.Min(best, PeriodMax);
    }
}
