namespace Homeostat.Core.Replay.Charts;

/// <summary>A rectangle of the page, in pixels.</summary>
internal sealed record PanelPlace(double X, double Y, double Width, double Height);

/// <summary>Draws one chart into its place of the page: title, axes, grid, then bars or lines.</summary>
/// <param name="colour">Number of the colour of a series.</param>
internal sealed class ChartPanel(SvgCanvas canvas, PanelPlace place, Func<string, int> colour)
{
    private const int PointsMax = 2000;
    private const double CharacterWidth = 6.3;

    private double _foot = 40;

    private double Left => place.X + 52;

    private double Right => place.X + place.Width - 14;

    private double Top => place.Y + 44;

    private double Bottom => place.Y + place.Height - _foot;

    public void Draw(Chart chart)
    {
        canvas.Text(place.X, place.Y + 16, chart.Title, "title");
        canvas.Text(place.X, place.Y + 33, chart.ValueLabel, "tick");
        var bars = chart as BarChart;
        // Names aslant need more room below.
        _foot = bars is not null && IsCrowded(bars) ? 66 : 40;
        var scale = new ChartScale(chart.Reference is { } r ? chart.Values.Append(r) : chart.Values, chart.Logarithmic, fromZero: true, chart.Ceiling);
        foreach (var tick in scale.Ticks)
        {
            canvas.Line(Left, Y(scale, tick), Right, Y(scale, tick), "grid");
            canvas.Text(Left - 6, Y(scale, tick) + 4, ChartScale.Text(tick), "tick", "end");
        }
        if (bars is not null)
        {
            Bars(bars, scale);
        }
        else
        {
            Lines((LineChart)chart, scale);
        }
        canvas.Line(Left, Bottom, Right, Bottom, "axis");
        if (chart.Reference is { } reference)
        {
            canvas.Line(Left, Y(scale, reference), Right, Y(scale, reference), "reference");
        }
    }

    private double Y(ChartScale scale, double value) => Bottom - (scale.At(value) * (Bottom - Top));

    private void Bars(BarChart chart, ChartScale scale)
    {
        var group = (Right - Left) / Math.Max(1, chart.Groups.Count);
        var bar = Math.Min(36, group * 0.82 / Math.Max(1, chart.Series.Count));
        var crowded = IsCrowded(chart);
        for (var g = 0; g < chart.Groups.Count; g++)
        {
            var middle = Left + ((g + 0.5) * group);
            for (var s = 0; s < chart.Series.Count; s++)
            {
                var value = g < chart.Series[s].Values.Count ? chart.Series[s].Values[g] : null;
                if (value is { } v && double.IsFinite(v) && (!chart.Logarithmic || v > 0))
                {
                    var x = middle + ((s - (chart.Series.Count / 2.0)) * bar);
                    Bar(scale, x, bar, v, colour(chart.Series[s].Name), $"{chart.Groups[g]}, {chart.Series[s].Name}: {ChartScale.Text(v)}");
                }
            }
            var (name, turn) = (Short(chart.Groups[g], crowded ? 110 : group), crowded ? -24.0 : 0);
            canvas.Text(crowded ? middle + 6 : middle, Bottom + 15, name, "tick", crowded ? "end" : "middle", turn);
        }
    }

    /// <summary>Names that do not fit beside each other stand aslant.</summary>
    private bool IsCrowded(BarChart chart) => chart.Groups.Any(name => name.Length * CharacterWidth > ((Right - Left) / chart.Groups.Count) - 4);

    private void Bar(ChartScale scale, double x, double width, double value, int number, string hint)
    {
        var y = Y(scale, value);
        canvas.Rect(x + 0.5, y, width - 1, Bottom - y, $"fill{number}", hint);
        if (scale.IsBeyond(value))
        {
            canvas.Text(x + (width / 2), Top - 3, "↑", "tick", "middle");
        }
    }

    private void Lines(LineChart chart, ChartScale scale)
    {
        var across = new ChartScale(chart.Series.SelectMany(s => s.Points).Select(p => p.X), logarithmic: false, fromZero: false);
        double X(double x) => Left + (across.At(x) * (Right - Left));
        foreach (var tick in across.Ticks)
        {
            canvas.Line(X(tick), Bottom, X(tick), Bottom + 4, "axis");
            canvas.Text(X(tick), Bottom + 16, chart.XText?.Invoke(tick) ?? ChartScale.Text(tick), "tick", "middle");
        }
        canvas.Text((Left + Right) / 2, Bottom + 32, chart.XLabel, "tick", "middle");
        foreach (var series in chart.Series)
        {
            var number = colour(series.Name);
            var points = Thinned(series.Points.Where(p => double.IsFinite(p.X) && double.IsFinite(p.Y) && (!chart.Logarithmic || p.Y > 0)).ToList())
                .Select(p => (X: X(p.X), Y: Y(scale, p.Y), Value: p)).ToList();
            canvas.Path(chart.Stepped ? Steps(points.ConvertAll(p => (p.X, p.Y))) : points.Select(p => (p.X, p.Y)), $"line{number}");
            foreach (var (x, y, value) in series.Marked ? points : [])
            {
                canvas.Dot(x, y, 3, $"fill{number}", $"{series.Name}: {ChartScale.Text(value.Y)}");
            }
        }
    }

    private static IEnumerable<(double X, double Y)> Steps(List<(double X, double Y)> points)
    {
        for (var i = 0; i < points.Count; i++)
        {
            if (i > 0)
            {
                yield return (points[i].X, points[i - 1].Y);
            }
            yield return points[i];
        }
    }

    /// <summary>Lowest and highest of each part: spikes are what one looks for.</summary>
    private static List<(double X, double Y)> Thinned(List<(double X, double Y)> points)
    {
        if (points.Count <= PointsMax)
        {
            return points;
        }
        var parts = PointsMax / 2;
        var kept = new List<(double X, double Y)>(PointsMax);
        for (var i = 0; i < parts; i++)
        {
            var part = points[(int)((long)i * points.Count / parts)..(int)((long)(i + 1) * points.Count / parts)];
            var (low, high) = (part.MinBy(p => p.Y), part.MaxBy(p => p.Y));
            kept.AddRange(low.X <= high.X ? [low, high] : [high, low]);
        }
        return kept;
    }

    private static string Short(string name, double width)
    {
        var room = Math.Max(3, (int)(width / CharacterWidth));
        return name.Length <= room ? name : name[..(room - 1)] + "…";
    }
}
