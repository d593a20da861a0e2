namespace Homeostat.Core.Forecasting.Models;

/// <summary>Which regression.</summary>
/// <param name="Log">In log(1 + value): errors count by their ratio.</param>
/// <param name="Seasonal">With values of former seasons; says the last value where no season is known.</param>
/// <param name="Window">Rows that count.</param>
internal sealed record RegressionKind(string Name, RegressionLoss Loss, bool Log, bool Seasonal, double Window);

/// <summary>Several regressions on the same past for one horizon: they share the work of making rows.</summary>
internal sealed class LagRegressions(History history, LagFeatures features, int steps, IReadOnlyList<RegressionKind> kinds, double quantile)
{
    /// <summary>Rows a new season is learnt from at once: what is at hand but no more, so that a find costs milliseconds.</summary>
    private const int RelearnMax = 3000;

    private readonly OnlineRegression?[] _regressions = new OnlineRegression?[kinds.Count];
    private readonly bool _anyLog = kinds.Any(k => k.Log);
    private int? _period;

    public int Bytes => _regressions.Sum(r => r?.Bytes ?? 0) + (kinds.Count * IntPtr.Size);

    /// <summary>After the history has a new value: learns the row whose target it is.</summary>
    public void Observe()
    {
        if (_period != features.Period)
        {
            _period = features.Period;
            Relearn();
        }
        Learn(0, seasonalOnly: false);
    }

    /// <param name="into">One number per kind, not bounded.</param>
    public void Predict(Span<float> into)
    {
        Span<double> plain = stackalloc double[LagFeatures.Seasonal];
        Span<double> log = stackalloc double[LagFeatures.Seasonal];
        var width = _period is null ? LagFeatures.Plain : LagFeatures.Seasonal;
        var origin = features.Fill(plain[..width], 0, steps, log: false);
        var logOrigin = _anyLog ? features.Fill(log[..width], 0, steps, log: true) : 0;
        for (var i = 0; i < kinds.Count; i++)
        {
            var said = _regressions[i] is not { Rows: > 0 } regression ? origin
                : kinds[i].Log ? Math.Exp(logOrigin + regression.Predict(log)) - 1
                : origin + regression.Predict(plain);
            into[i] = (float)said;
        }
    }

    private void Relearn()
    {
        for (var i = 0; i < kinds.Count; i++)
        {
            _regressions[i] = kinds[i].Seasonal ? null : _regressions[i];
        }
        if (_period is { } season)
        {
            for (var ago = Math.Min(RelearnMax, history.Count - 1 - steps - season); ago > 0; ago--)
            {
                Learn(ago, seasonalOnly: true);
            }
        }
    }

    /// <param name="ago">The row whose target is that many steps ago.</param>
    private void Learn(int ago, bool seasonalOnly)
    {
        if (history.Count - 1 - ago - steps < LagFeatures.Lags)
        {
            return;
        }
        Span<double> plain = stackalloc double[LagFeatures.Seasonal];
        Span<double> log = stackalloc double[LagFeatures.Seasonal];
        var width = _period is null ? LagFeatures.Plain : LagFeatures.Seasonal;
        var whole = history.Count > ago + steps + features.Needed(steps, seasonal: true);
        var change = history[ago] - features.Fill(plain[..width], ago + steps, steps, log: false);
        var logChange = _anyLog ? Math.Log(1 + history[ago]) - features.Fill(log[..width], ago + steps, steps, log: true) : 0;
        for (var i = 0; i < kinds.Count; i++)
        {
            var kind = kinds[i];
            if (kind.Seasonal ? _period is null || !whole : seasonalOnly)
            {
                continue;
            }
            var regression = _regressions[i] ??= new OnlineRegression(kind.Seasonal ? LagFeatures.Seasonal : LagFeatures.Plain, kind.Loss, kind.Window, quantile);
            regression.Learn(kind.Log ? log : plain, kind.Log ? logChange : change);
        }
    }
}
