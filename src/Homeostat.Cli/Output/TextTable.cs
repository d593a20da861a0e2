using System.Text;

namespace Homeostat.Cli.Output;

/// <summary>
/// Columns under headings, two blanks apart, one line per row always: on a screen that is too narrow the less needed columns are left out, then those that may
/// shrink do, widest first, and end in …; in a pipe nothing is cut.
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
        WriteLine([.. columns.Select(c => new TextCell(c.Heading, Paint.Bold))], widths, terminal);
        foreach (var row in _rows)
        {
            WriteLine([.. row.Select(cell => cell with { Text = terminal.Shown(cell.Text) })], widths, terminal);
        }
    }

    private int[] Widths(int? screen)
    {
        var widths = columns.Select((column, i) => _rows.Select(r => r[i].Text.Length).Append(column.Heading.Length).Max()).ToArray();
        foreach (var spare in Enumerable.Range(0, widths.Length).Where(i => columns[i].Spare > 0).OrderBy(i => columns[i].Spare))
        {
            if (Total(widths) > screen)
            {
                widths[spare] = 0;
            }
        }
        while (Total(widths) > screen)
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

    /// <summary>Columns of width 0 are left out.</summary>
    private static int Total(int[] widths) => widths.Sum() + (2 * (widths.Count(w => w > 0) - 1));

    private void WriteLine(TextCell[] cells, int[] widths, Terminal terminal)
    {
        var line = new StringBuilder();
        for (var i = 0; i < cells.Length; i++)
        {
            if (widths[i] == 0)
            {
                continue;
            }
            var text = Human.Cut(cells[i].Text, widths[i]);
            var blanks = new string(' ', widths[i] - text.Length);
            var painted = terminal.OutPaint(text, cells[i].Paint);
            line.Append(line.Length == 0 ? "" : "  ").Append(columns[i].Right ? blanks + painted : i == cells.Length - 1 ? painted : painted + blanks);
        }
        terminal.Out.WriteLine(line.ToString().TrimEnd(' '));
    }
}

/// <param name="Right">For numbers.</param>
/// <param name="Shrinks">May be cut where the screen is narrow.</param>
/// <param name="Spare">May be left out where the screen is narrow, 1 first; 0: never.</param>
internal sealed record TextColumn(string Heading, bool Right = false, bool Shrinks = false, int Spare = 0);

internal sealed record TextCell(string Text, Paint Paint)
{
    public static implicit operator TextCell(string text) => new(text, Paint.None);
}
