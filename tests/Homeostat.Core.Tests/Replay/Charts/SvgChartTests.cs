using System.Xml.Linq;
using Homeostat.Core.Replay.Charts;
using Xunit;

namespace Homeostat.Core.Tests.Replay.Charts;

public sealed class SvgChartTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Draw_BarsAndLines_IsWellFormedAndKeepsColoursByName()
    {
        var page = Page(
            new BarChart("errors", "relative", ["a", "b"], [new BarSeries("x", [1, null]), new BarSeries("y", [0.5, 2])]) { Reference = 1 },
            new LineChart("waits", "seconds", "time", [new LineSeries("y", [(0, 1), (1, 2)], Marked: true)]));
        var legend = page.Descendants(Svg + "rect").Where(r => (string?)r.Attribute("width") == "11").Select(r => (string?)r.Attribute("class")).ToList();
        Assert.Equal(["fill0", "fill1"], legend);
        Assert.Equal(3, page.Descendants(Svg + "rect").Count(r => r.Element(Svg + "title") is not null));
        Assert.Equal("line1", (string?)page.Descendants(Svg + "path").Single().Attribute("class"));
        Assert.Equal(2, page.Descendants(Svg + "circle").Count());
        Assert.Single(page.Descendants(Svg + "line"), l => (string?)l.Attribute("class") == "reference");
    }

    [Fact]
    public void Draw_TextOfOthers_IsEscaped()
    {
        var page = Page(new BarChart("<script>&\"'\u0007", "a<b", ["<g>"], [new BarSeries("</svg>", [1])]));
        Assert.Empty(page.Descendants(Svg + "script"));
        Assert.Contains(page.Descendants(Svg + "text"), t => t.Value == "</svg>");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Draw_NothingOrNonsense_IsStillAPage(bool logarithmic)
    {
        Page();
        Page(new LineChart("none", "", "", []) { Logarithmic = logarithmic });
        Page(new BarChart("none", "", [], []) { Logarithmic = logarithmic });
        var page = Page(
            new LineChart("odd", "", "", [new LineSeries("s", [(0, double.NaN), (1, 0), (2, double.PositiveInfinity), (3, -1), (4, 5)])]) { Logarithmic = logarithmic },
            new BarChart("odd", "", ["a", "b", "c"], [new BarSeries("s", [double.NaN, 0, 7e300])]) { Logarithmic = logarithmic, Ceiling = 10 });
        Assert.DoesNotContain("NaN", page.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity", page.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Draw_ManyPoints_AreThinnedButKeepTheSpike()
    {
        var points = Enumerable.Range(0, 100_000).Select(i => ((double)i, i == 31_337 ? 100.0 : 1)).ToList();
        var text = SvgChart.Draw("t", [new LineChart("spike", "", "", [new LineSeries("s", points)])]);
        Assert.True(text.Length < 60_000);
        var path = (string)XDocument.Parse(text).Descendants(Svg + "path").Single().Attribute("d")!;
        Assert.Equal(2, path.Split('M', 'L').Skip(1).Select(p => p.Split(' ')[1]).Distinct().Count());
    }

    private static XElement Page(params Chart[] panels)
    {
        var text = SvgChart.Draw("page", panels, columns: 2);
        Assert.Equal(text, SvgChart.Draw("page", panels, columns: 2));
        return XDocument.Parse(text).Root!;
    }
}
