using System.Globalization;
using Spectre.Console;

namespace Homeostat.Benchmarks.Reporting;

/// <summary>Prints a report for a person.</summary>
internal static class ReportTable
{
    public static void Print(BenchReport report)
    {
        foreach (var (name, value) in report.Host)
        {
            AnsiConsole.MarkupLineInterpolated($"[grey]{name}:[/] {value}");
        }

        foreach (var table in report.Tables)
        {
            Print(table);
        }

        foreach (var goal in report.Goals)
        {
            var mark = goal.Met ? "[green]met[/]   " : "[yellow]missed[/]";
            var relation = goal.AtMost ? "at most" : "at least";
            AnsiConsole.MarkupLine($"{mark} {Markup.Escape(goal.What)}: {Number(goal.Reached)} {goal.Unit} (goal {relation} {Number(goal.Wanted)})");
        }
    }

    private static void Print(BenchTable table)
    {
        var view = new Table().Title(Markup.Escape(table.Title)).Border(TableBorder.Simple);
        foreach (var column in table.Columns)
        {
            var heading = new TableColumn(Markup.Escape(column));
            view.AddColumn(view.Columns.Count == 0 ? heading : heading.RightAligned());
        }

        foreach (var row in table.Rows)
        {
            var cells = row.Values.Select(Number).Prepend(Markup.Escape(row.Name)).Take(table.Columns.Count).ToList();
            cells.AddRange(Enumerable.Repeat("-", table.Columns.Count - cells.Count));
            view.AddRow(cells.ToArray());
            if (row.Note is not null)
            {
                view.AddRow(new Markup($"  [grey]{Markup.Escape(row.Note)}[/]"));
            }
        }

        AnsiConsole.Write(view);
    }

    private static string Number(double? value) => value switch
    {
        null => "-",
        { } v when double.IsNaN(v) => "-",
        >= 1000 => value.Value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 100 => value.Value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0.00", CultureInfo.InvariantCulture),
    };
}
