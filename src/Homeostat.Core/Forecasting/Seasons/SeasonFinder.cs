namespace Homeostat.Core.Forecasting.Seasons;

/// <summary>
/// Finds after how many steps demand repeats, from the data alone, again and again while it grows: at least 2.2 seasons must have been seen, at most
/// <see cref="PeriodMax"/> steps.
/// </summary>
/// <remarks>
/// <para>The measure of a lag p is the correlation of changes over p/8 steps (of means over p/16) with the changes p steps before, and the same of changes over p/4. Of a random walk, of noise and of a
/// trend these are unrelated, whereas their plain autocorrelation is high at any lag, and finds seasons everywhere. Changes over p/8 give 8 (n/p - 1.125) pairs that are
/// nearly independent. A correlation must be 4 of its standard errors (Student's t) from nothing, as hundreds of lags are tried: 0.84 with 2.2 seasons, 0.74 with 3, 0.5 with 7; of
/// the eleven usual numbers of steps in a day or week 3.3 are asked. Below 0.42 a season would be of no use.</para>
/// <para>Four scales are searched: bins of 1, 2 and 4 steps, 512 of them, and of 8 steps over the last 15,360. A strong lag may be a multiple of the season: the shortest
/// part of it (a half to an eighth) that repeats as well by the same means is taken instead. On single steps the lag is made exact, or put on a usual number
/// that does as well within 4 %. A find must be met again at the next look unless it is beyond doubt. A season found is kept while it repeats nearly as well as what else
/// is found, and is forgotten when it has not repeated in four looks.</para>
/// </remarks>
internal sealed class SeasonFinder(History history)
{
    public const int PeriodMax = 2016;

    private const int PeriodMin = 4;
    private const int LooksToForget = 4;
    private const int Coarse = 8;
    private const int CoarseBins = 1920;
    private const double StrengthMin = 0.42;

    private const double KeepMin = 0.25;

    /// <summary>What a correlation may differ by and count as the same.</summary>
    private const double Same = 0.04;

    /// <summary>How much better another one must repeat to take the place of one that is known: a holiday is no new season.</summary>
    private const double Better = 0.12;

    private const double GuessMin = 0.2;
    private const double GuessSeasons = 1.6;

    /// <summary>Lags that the regressions see anyway must be plain to be called a season.</summary>
    private const int Brief = 16;
    private const double BriefMin = 0.6;

    private static readonly int[] Usual = [24, 48, 96, 144, 168, 288, 336, 672, 720, 1440, 2016];

    private readonly History _coarse = new(CoarseBins);
    private double _bin;
    private long _lookAt = 32;
    private int _candidate;
    private int _failed;

    /// <summary>Null: none.</summary>
    public int? Period { get; private set; }

    /// <summary>What to try seasonal models with: the season, or the usual number that repeats better so far but has not been seen often enough. Who uses it must check what it is worth.</summary>
    public int? Guess { get; private set; }

    public int Bytes => _coarse.Bytes + (5 * sizeof(long));

    /// <summary>After the history has a new value. Looks if it is time to: every eighth of what is known, so that all looks together cost little per step.</summary>
    /// <returns>True: <see cref="Guess"/> has changed.</returns>
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
        var before = Guess;
        Judge(Look());
        Guess = Guessed();
        return before != Guess;
    }

    private void Judge(Find found)
    {
        if (Period is { } known)
        {
            var still = StrengthOf(known);
            if (still >= KeepMin && still >= found.Strength - (found.Period % known == 0 ? Same : Better))
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
        if ((found.Certain && (Period is null || found.Period % Period == 0)) || Math.Abs(found.Period - _candidate) <= Math.Max(1, found.Period / 50))
        {
            (Period, _candidate) = (found.Period, 0);
            return;
        }
        _candidate = found.Period;
    }

    private Find Look()
    {
        var best = default(Find);
        foreach (var scale in (ReadOnlySpan<int>)[1, 2, 4, Coarse])
        {
            if (Scaled(scale) is { } series)
            {
                var found = Search(series, scale, history);
                // The coarse past is long: what repeated then may have ended since.
                found = found.Period > 0 && StrengthOf(found.Period) >= KeepMin ? found : default;
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
    private static Find Search(SeasonScale series, int scale, History history)
    {
        // Lags of fewer bins are left to finer scales, where they are exact.
        var (lag, part, most) = (0, 8, StrengthMin);
        for (var tried = scale == 1 ? PeriodMin : 24; tried <= Math.Min(series.LagMax, PeriodMax / scale); tried++)
        {
            foreach (var by in (ReadOnlySpan<int>)[8, 4])
            {
                var strength = series.Strength(tried, by);
                (lag, part, most) = strength > most && strength >= Needed(series.Count, tried, by, IsUsual(tried * scale, scale)) && (tried * scale >= Brief || strength >= BriefMin) ? (tried, by, strength) : (lag, part, most);
            }
        }
        if (lag == 0)
        {
            return default;
        }
        var certain = most >= (1 + Needed(series.Count, lag, part, IsUsual(lag * scale, scale))) / 2;
        var whole = lag;
        // Two correlations of the same series differ by twice this by chance.
        var same = Same + (2 * (1 - (most * most)) / Math.Sqrt(part * (((double)series.Count / lag) - 1)));
        for (var parts = 8; parts > 1; parts--)
        {
            // A usual one is believed at less: that a week repeats a little better than a day is no reason to wait weeks.
            if (Part(series, lag, parts, part) is { } shorter && shorter * scale >= PeriodMin
                && (series.Strength(shorter, part, lag) >= most - same || (IsUsual(shorter * scale, Math.Max(scale, shorter * scale / 25)) && !IsUsual(lag * scale, scale) && series.Strength(shorter, part) >= Needed(series.Count, shorter, part, usual: true))))
            {
                lag = shorter;
                break;
            }
        }
        // What is as like itself after half the time does not repeat: it rises, or falls.
        return series.Strength(Math.Max(1, lag / 2), part, whole) < most - (4 * Same) ? new Find(Exact(series, lag, scale, part, history), most, certain) : default;
    }

    private static bool IsUsual(int period, int within) => Array.Exists(Usual, usual => Math.Abs(usual - period) < within);

    /// <summary>The lag nearest to a part that is a peak and stands for itself: a constant rise from 0 to the whole lag is no repetition.</summary>
    private static int? Part(SeasonScale series, int lag, int parts, int part)
    {
        var (middle, reach) = ((double)lag / parts, Math.Max(1, lag / parts / 16));
        var (best, most) = (0, -1.0);
        for (var tried = Math.Max(2, (int)Math.Round(middle) - reach); tried <= Math.Round(middle) + reach; tried++)
        {
            var strength = series.Strength(tried, part, lag);
            (best, most) = strength > most ? (tried, strength) : (best, most);
        }
        return best > 0 && series.Strength(Math.Max(1, best / 2), part, lag) < most - (4 * Same) ? best : null;
    }

    /// <summary>Student's t turned into a correlation.</summary>
    private static double Needed(int count, int lag, int part, bool usual)
    {
        var freedom = Math.Max(1, (part * (((double)count / lag) - 1 - (1.0 / part))) - 2);
        var t = usual ? 3.4 * (1 + (2 / freedom)) : 4 * (1 + (4 / freedom));
        return Math.Sqrt(t * t / (freedom + (t * t)));
    }

    /// <summary>The one before stays unless another is better by more than chance.</summary>
    private int? Guessed()
    {
        var (best, most) = (Period, Period is { } known ? StrengthOf(known) + (Usual.Contains(known) ? Better : Same) : GuessMin);
        foreach (var usual in Usual)
        {
            var strength = StrengthOf(usual, GuessSeasons) + (usual == Guess && Period is null ? Better : 0);
            (best, most) = strength > most ? (usual, strength) : (best, most);
        }
        return best;
    }

    private double StrengthOf(int period, double seasons = 2.2)
    {
        var scale = period < 48 ? 1 : period < 192 ? 2 : period < 384 ? 4 : Coarse;
        return Scaled(scale) is { } series && period / scale <= series.Count / seasons ? Math.Max(series.Strength((int)Math.Round((double)period / scale), 8), series.Strength((int)Math.Round((double)period / scale), 4)) : 0;
    }

    private static int Exact(SeasonScale series, int lag, int scale, int part, History history)
    {
        if (scale == 1)
        {
            return Usual.FirstOrDefault(u => u <= series.LagMax && Math.Abs(u - lag) <= u * 0.04 && series.Strength(u, part, lag) >= series.Strength(lag, part) - Same, lag);
        }
        var middle = lag * scale;
        // Where single steps do not reach far enough the bins must do.
        var fine = middle + scale <= history.Count / 2.2 ? new SeasonScale(history, history.Count, 1) : null;
        var (best, most) = (middle, fine?.Strength(middle, part) ?? series.Strength(lag, part));
        for (var period = middle - scale; fine is not null && period <= middle + scale; period++)
        {
            var strength = fine.Strength(period, part, middle);
            (best, most) = strength > most ? (period, strength) : (best, most);
        }
        foreach (var usual in Usual)
        {
            var asWell = Math.Abs(usual - best) <= usual * 0.04
                && (fine is not null && usual <= fine.LagMax ? fine.Strength(usual, part, middle) : series.Strength((int)Math.Round((double)usual / scale), part, lag)) >= most - (2 * Same);
            if (asWell)
            {
                return usual;
            }
        }
        return Math.Min(best, PeriodMax);
    }

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
    private readonly record struct Find(int Period, double Strength, bool Certain);
}
