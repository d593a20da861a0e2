using System.Globalization;

namespace Homeostat.Core.Replay.Charts;

/// <summary>
/// Draws charts as one SVG page of text, for files and for documents: panels in a grid, one legend for all, the same colour for the same name in every panel, readable on
/// light and dark ground (it asks the viewer which). Pure: the same input gives the same text. Needs no fonts but the viewer's.
/// </summary>
/// <example><c>File.WriteAllText("x.svg", SvgChart.Draw("Waits", [new LineChart("p99", "seconds", "time", series)]))</c></example>
public static class SvgChart
{
    /// <summary>Told apart by eye also with colour blindness (Okabe and Ito's set, made to stand on both grounds); more series than colours repeat them.</summary>
    private static readonly string[] Colours = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8c6bb1", "#999933", "#777777", "#b2182b"];

    private const double Edge = 16;
    private const double LegendLine = 18;

    /// <param name="title">Heading of the page.</param>
    /// <param name="panels">Row by row. None gives a page with the heading alone.</param>
    /// <param name="columns">Panels beside each other, 1 or more.</param>
    /// <param name="panelWidth">Pixels, at least 160.</param>
    /// <param name="panelHeight">Pixels, at least 120.</param>
    /// <param name="note">A line below the heading; null: none.</param>
    public static string Draw(string title, IReadOnlyList<Chart> panels, int columns = 1, double panelWidth = 720, double panelHeight = 280, string? note = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        (panelWidth, panelHeight) = (Math.Max(panelWidth, 160), Math.Max(panelHeight, 120));
        var names = panels.SelectMany(p => p.SeriesNames).Distinct(StringComparer.Ordinal).ToList();
        var width = (columns * panelWidth) + (2 * Edge);
        var legend = LegendPlaces(names, width - (2 * Edge));
        var top = 40 + (note is null ? 0 : 18) + (legend.Count == 0 ? 0 : legend[^1].Y + LegendLine + 8);
        var rows = (panels.Count + columns - 1) / columns;
        var canvas = new SvgCanvas();
        Begin(canvas, title, width, top + (rows * panelHeight) + Edge);
        if (note is not null)
        {
            canvas.Text(Edge, 46, note, "note");
        }
        for (var i = 0; i < names.Count; i++)
        {
            var (x, y) = (Edge + legend[i].X, (note is null ? 40 : 58) + legend[i].Y);
            canvas.Rect(x, y + 1, 11, 11, $"fill{i % Colours.Length}");
            canvas.Text(x + 16, y + 11, names[i], "label");
        }
        for (var i = 0; i < panels.Count; i++)
        {
            var place = new PanelPlace(Edge + (i % columns * panelWidth), top + (i / columns * panelHeight), panelWidth, panelHeight);
            new ChartPanel(canvas, place, name => names.IndexOf(name) % Colours.Length).Draw(panels[i]);
        }
        canvas.Raw("</svg>");
        return canvas.ToString();
    }

    private static void Begin(SvgCanvas canvas, string title, double width, double height)
    {
        var size = string.Create(CultureInfo.InvariantCulture, $"width=\"{width:0}\" height=\"{height:0}\" viewBox=\"0 0 {width:0} {height:0}\"");
        canvas.Raw($"<svg xmlns=\"http://www.w3.org/2000/svg\" {size} role=\"img\" font-family=\"system-ui, sans-serif\">");
        canvas.Raw("<style>");
        canvas.Raw("svg{--ground:#ffffff;--ink:#24292f;--faint:#6e7781;--grid:#e4e7ea}");
        canvas.Raw("@media (prefers-color-scheme: dark){svg{--ground:#0d1117;--ink:#e6edf3;--faint:#9198a1;--grid:#2b3138}}");
        canvas.Raw(".ground{fill:var(--ground)}.head{font-size:17px;font-weight:600;fill:var(--ink)}.title{font-size:13px;font-weight:600;fill:var(--ink)}");
        canvas.Raw(".label{font-size:11px;fill:var(--ink)}.tick,.note{font-size:11px;fill:var(--faint)}.grid{stroke:var(--grid);stroke-width:1}.axis{stroke:var(--faint);stroke-width:1}");
        canvas.Raw(".reference{stroke:var(--ink);stroke-width:1;stroke-dasharray:4 3;opacity:.7}path{fill:none;stroke-width:1.6;stroke-linejoin:round}");
        for (var i = 0; i < Colours.Length; i++)
        {
            canvas.Raw($".fill{i}{{fill:{Colours[i]}}}.line{i}{{stroke:{Colours[i]}}}");
        }
        canvas.Raw("</style>");
        canvas.Rect(0, 0, width, height, "ground");
        canvas.Text(Edge, 27, title, "head");
    }

    /// <summary>Where each name of the legend stands: left to right, then on the next line. Letters are taken for 6.3 pixels wide: what the viewer has is unknown.</summary>
    private static List<(double X, double Y)> LegendPlaces(List<string> names, double width)
    {
        var (places, x, y) = (new List<(double, double)>(), 0.0, 0.0);
        foreach (var name in names)
        {
            var needed = 34 + (name.Length * 6.3);
            if (x > 0 && x + needed > width)
            {
                (x, y) = (0, y + LegendLine);
            }
            places.Add((x, y));
            x += needed;
        }
        return places;
    }
}
