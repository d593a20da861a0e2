using System.Globalization;
using System.Text;

namespace Homeostat.Core.Replay.Charts;

/// <summary>Writes the few SVG elements that charts need; text is escaped, numbers are rounded to tenths of a pixel.</summary>
internal sealed class SvgCanvas
{
    private readonly StringBuilder _text = new();

    public void Raw(string markup) => _text.Append(markup).Append('\n');

    public void Line(double x1, double y1, double x2, double y2, string style) =>
        Raw($"<line x1=\"{N(x1)}\" y1=\"{N(y1)}\" x2=\"{N(x2)}\" y2=\"{N(y2)}\" class=\"{style}\"/>");

    /// <param name="hint">Shown by browsers when the mouse rests on it.</param>
    public void Rect(double x, double y, double width, double height, string style, string? hint = null) =>
        Raw($"<rect x=\"{N(x)}\" y=\"{N(y)}\" width=\"{N(Math.Max(0, width))}\" height=\"{N(Math.Max(0, height))}\" class=\"{style}\"{Hinted("rect", hint)}");

    public void Dot(double x, double y, double radius, string style, string? hint = null) =>
        Raw($"<circle cx=\"{N(x)}\" cy=\"{N(y)}\" r=\"{N(radius)}\" class=\"{style}\"{Hinted("circle", hint)}");

    public void Path(IEnumerable<(double X, double Y)> points, string style)
    {
        var path = new StringBuilder();
        foreach (var (x, y) in points)
        {
            path.Append(path.Length == 0 ? 'M' : 'L').Append(N(x)).Append(' ').Append(N(y));
        }
        Raw($"<path d=\"{path}\" class=\"{style}\"/>");
    }

    /// <param name="anchor">start, middle or end.</param>
    /// <param name="turn">Degrees around its place.</param>
    public void Text(double x, double y, string text, string style, string anchor = "start", double turn = 0)
    {
        var turned = turn == 0 ? "" : $" transform=\"rotate({N(turn)} {N(x)} {N(y)})\"";
        Raw($"<text x=\"{N(x)}\" y=\"{N(y)}\" class=\"{style}\" text-anchor=\"{anchor}\"{turned}>{Escaped(text)}</text>");
    }

    public override string ToString() => _text.ToString();

    private static string Hinted(string element, string? hint) => hint is null ? "/>" : $"><title>{Escaped(hint)}</title></{element}>";

    private static string N(double value) => (Math.Round(value * 10) / 10).ToString("0.#", CultureInfo.InvariantCulture);

    private static string Escaped(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            _ = c switch
            {
                '&' => safe.Append("&amp;"),
                '<' => safe.Append("&lt;"),
                '>' => safe.Append("&gt;"),
                '"' => safe.Append("&quot;"),
                < ' ' => safe.Append(' '),
                _ => safe.Append(c),
            };
        }
        return safe.ToString();
    }
}
