namespace Homeostat.Core.Replay.Charts;

/// <summary>One panel of a page: what to draw, not how. Drawn by <see cref="SvgChart"/>. Values that are not finite are left out.</summary>
public abstract record Chart(string Title, string ValueLabel)
{
    /// <summary>Decades instead of even steps. Only values above 0 are drawn then.</summary>
    public bool Logarithmic { get; init; }

    /// <summary>A dashed line across at this value (a goal, a baseline); null: none.</summary>
    public double? Reference { get; init; }

    /// <summary>The value axis ends here and what is higher is cut off with a mark, so that one outlier does not flatten all else; null: as high as the values.</summary>
    public double? Ceiling { get; init; }

    internal abstract IEnumerable<string> SeriesNames { get; }

    internal abstract IEnumerable<double> Values { get; }
}

/// <summary>Groups of bars, one bar per series in each group.</summary>
/// <param name="Groups">Names below the axis.</param>
public sealed record BarChart(string Title, string ValueLabel, IReadOnlyList<string> Groups, IReadOnlyList<BarSeries> Series) : Chart(Title, ValueLabel)
{
    internal override IEnumerable<string> SeriesNames => Series.Select(s => s.Name);

    internal override IEnumerable<double> Values => Series.SelectMany(s => s.Values).OfType<double>();
}

/// <param name="Values">One per group; null: no bar.</param>
public sealed record BarSeries(string Name, IReadOnlyList<double?> Values);

/// <summary>Lines over a common horizontal axis.</summary>
public sealed record LineChart(string Title, string ValueLabel, string XLabel, IReadOnlyList<LineSeries> Series) : Chart(Title, ValueLabel)
{
    /// <summary>Steps instead of straight lines between points: for what holds until it changes (instances, limits).</summary>
    public bool Stepped { get; init; }

    /// <summary>Text of a place on the horizontal axis; null: the number.</summary>
    public Func<double, string>? XText { get; init; }

    internal override IEnumerable<string> SeriesNames => Series.Select(s => s.Name);

    internal override IEnumerable<double> Values => Series.SelectMany(s => s.Points).Select(p => p.Y);
}

/// <param name="Points">In the order of X. More than 2,000 are thinned when drawn: of each part its lowest and highest stay.</param>
/// <param name="Marked">A dot on each point: for few points.</param>
public sealed record LineSeries(string Name, IReadOnlyList<(double X, double Y)> Points, bool Marked = false);
