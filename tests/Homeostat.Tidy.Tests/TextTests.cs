using System.Text.RegularExpressions;

namespace Homeostat.Tidy.Tests;

/// <summary>Rules about every text file.</summary>
public sealed partial class TextTests
{
    private static readonly string[] Text =
        [".cs", ".c", ".h", ".sh", ".md", ".yaml", ".yml", ".csproj", ".props", ".json", ".js", ".py", ".rb", ".php", ".java", ".txt", ".conf", ".ru", ".editorconfig", ""];

    [Fact]
    public void Work_IsDone_NotPromised() => Refuse(
        "promise",
        "Unfinished work is an issue, not a comment:",
        Promise());

    [Fact]
    public void Paths_OfSomebodysMachine_DoNotAppear() => Refuse(
        "machine-path",
        "Paths of one machine mean nothing on another:",
        MachinePath());

    [Fact]
    public void Lines_EndPlainly() => AllowList.Check(
        "line-end",
        "Lines end with LF and without white space:",
        from path in TextFiles()
        where !path.EndsWith(".md", StringComparison.Ordinal)
        let text = Repository.Read(path)
        where text.Contains('\r', StringComparison.Ordinal) || text.Contains(" \n", StringComparison.Ordinal) || (text.Length > 0 && text[^1] != '\n')
        select new Violation(path));

    [GeneratedRegex(@"\b(TO" + @"DO|FIX" + @"ME|XX" + @"X|HA" + @"CK)\b")]
    private static partial Regex Promise();

    [GeneratedRegex(@"(?<![\w.])/(wo" + @"rk|ho" + @"me/\w+|ro" + @"ot/\.\w+)/")]
    private static partial Regex MachinePath();

    private static void Refuse(string rule, string advice, Regex pattern) => AllowList.Check(
        rule,
        advice,
        from path in TextFiles()
        let lines = Repository.Read(path).Split('\n')
        from index in Enumerable.Range(0, lines.Length)
        where pattern.IsMatch(lines[index])
        select new Violation(path, $"{path}:{index + 1} {lines[index].Trim()}"));

    private static IEnumerable<string> TextFiles() => Repository.Files.Where(path => Text.Contains(Path.GetExtension(path)));
}
