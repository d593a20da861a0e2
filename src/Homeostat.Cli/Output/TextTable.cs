using System.Text;

namespace Homeostat.Cli.Output;

/// <summary>
/// Columns under headings, two blanks apart, one line per row always: on a screen that is too narrow the columns that may shrink do, widest first,
/// and end in …; in a pipe nothing is cut.
/// </summary>
internal sealed class TextTable(params TextColumn[] columns)
{
    private const int ShrinkMin = 6;

    private readonly List<TextCell[]> _rows = [];

    public int Count => _rows.Count;

    public TextTable Row(params TextCell[] cells)
    {
        _rows.Add(cells);
        return this;
    }

    public void WriteTo(Terminal terminal)
    {
        var widths = Widths(terminal.Width);
        terminal.Out.WriteLine(Line([.. columns.Select(c => new TextCell(c.Heading, Paint.Bold))], widths, terminal));
        foreach (var row in _rows)
        {
            terminal.Out.WriteLine(Line(row, widths, terminal));
        }
    }

    private int[] Widths(int? screen)
    {
        var widths = columns.Select((column, i) => _rows.Select(r => r[i].Text.Length).Append(column.Heading.Length).Max()).ToArray();
        while (screen is { } room && widths.Sum() + (2 * (widths.Length - 1)) > room)
        {
            var widest = Enumerable.Range(0, widths.Length).Where(i => columns[i].Shrinks && widths[i] > ShrinkMin).OrderByDescending(i => widths[i]).FirstOrDefault(-1);
            if (widest < 0)
            {
                break;
            }
            widths[widest]--;
        }
        return widths;
    }

    private string Line(TextCell[] cells, int[] widths, Terminal terminal)
    {
        var line = new StringBuilder();
        for (var i = 0; i < cells.Length; i++)
        {
            var text = cells[i].Text.Length <= widths[i] ? cells[i].Text : cells[i].Text[..(widths[i] - 1)] + "…";
            var blanks = new string(' ', widths[i] - text.Length);
            var painted = terminal.OutPaint(text, cells[i].Paint);
            line.Append(i == 0 ? "" : "  ").Append(columns[i].Right ? blanks + painted : i == cells.Length - 1 ? painted : painted + blanks);
        }
        return line.ToString();
    }
}

/// <param name="Right">For numbers.</param>
/// <param name="Shrinks">May be cut where the screen is narrow.</param>
internal sealed record TextColumn(string Heading, bool Right = false, bool Shrinks = false);

internal sealed record TextCell(string Text, Paint Paint)
{
    public static implicit operator TextCell(string text) => new(text, Paint.None);
}
