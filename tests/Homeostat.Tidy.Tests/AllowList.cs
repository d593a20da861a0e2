namespace Homeostat.Tidy.Tests;

/// <summary>
/// The sins there are, each with its reason: <c>allow-list.txt</c>, lines of <c>rule | what | reason</c>. It may only shrink:
/// an entry that is not needed any more fails its rule as well.
/// </summary>
internal static class AllowList
{
    private const string Path = "tests/Homeostat.Tidy.Tests/allow-list.txt";

    private static readonly IReadOnlyList<Entry> Entries = Load();

    /// <summary>Fails unless exactly the allowed subjects break the rule.</summary>
    /// <param name="rule">Name of the rule in the list.</param>
    /// <param name="advice">What to do about a violation.</param>
    /// <param name="violations">What breaks the rule, and how.</param>
    public static void Check(string rule, string advice, IEnumerable<Violation> violations)
    {
        var found = violations.ToList();
        var allowed = Entries.Where(entry => entry.Rule == rule).Select(entry => entry.Subject).ToHashSet(StringComparer.Ordinal);
        var fresh = found.Where(violation => !allowed.Contains(violation.Subject)).Select(violation => violation.Detail).Distinct().ToList();
        var stale = allowed.Except(found.Select(violation => violation.Subject)).ToList();
        Assert.True(fresh.Count == 0, $"{advice}\n  {string.Join("\n  ", fresh)}");
        Assert.True(stale.Count == 0, $"Well done. Remove from {Path} what rule '{rule}' does not need any more:\n  {string.Join("\n  ", stale)}");
    }

    /// <summary>Whether the list has this rule and subject; for rules that look things up instead of collecting violations.</summary>
    public static bool Has(string rule, string subject) => Entries.Any(entry => entry.Rule == rule && entry.Subject == subject);

    private static List<Entry> Load()
    {
        var entries = new List<Entry>();
        foreach (var line in Repository.Read(Path).Split('\n').Select(line => line.Trim()))
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var parts = line.Split('|', StringSplitOptions.TrimEntries);
            Assert.True(parts is [_, _, { Length: > 0 }], $"{Path}: '{line}' must read: rule | what | reason");
            entries.Add(new Entry(parts[0], parts[1]));
        }

        return entries;
    }

    private sealed record Entry(string Rule, string Subject);
}

/// <param name="Subject">What the allow-list would name: a path, a type, an id.</param>
/// <param name="Detail">What a person needs to find it.</param>
internal sealed record Violation(string Subject, string Detail)
{
    public Violation(string subject) : this(subject, subject)
    {
    }
}
