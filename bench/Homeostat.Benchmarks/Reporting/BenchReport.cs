namespace Homeostat.Benchmarks.Reporting;

/// <summary>What one run of a benchmark found. Serialised as it is to <c>artifacts/bench/NAME.json</c>.</summary>
/// <param name="Host">Machine facts that the figures depend on.</param>
/// <param name="Tables">Measured figures.</param>
/// <param name="Goals">Declared goals beside what was reached, also where it falls short.</param>
internal sealed record BenchReport(
    string Name,
    DateTimeOffset At,
    IReadOnlyDictionary<string, string> Host,
    IReadOnlyList<BenchTable> Tables,
    IReadOnlyList<BenchGoal> Goals);

/// <param name="Columns">Headings; the first names the row.</param>
/// <param name="Rows">Numbers are in the unit the heading names; null where not measured.</param>
internal sealed record BenchTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<BenchRow> Rows);

internal sealed record BenchRow(string Name, IReadOnlyList<double?> Values, string? Note = null);

/// <param name="AtMost">True: the value should be at most <paramref name="Wanted"/>; false: at least.</param>
internal sealed record BenchGoal(string What, double Wanted, double Reached, string Unit, bool AtMost = true)
{
    public bool Met => AtMost ? Reached <= Wanted : Reached >= Wanted;
}
