using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Homeostat.Tidy.Tests;

/// <summary>A document that names something breaks when the thing goes.</summary>
public sealed partial class DocumentTests
{
    [Fact]
    public void Types_NamedInDocuments_Exist()
    {
        var known = Repository.Sources.SelectMany(source => source.Unit.DescendantTokens())
            .Where(token => token.IsKind(SyntaxKind.IdentifierToken)).Select(token => token.ValueText).ToHashSet(StringComparer.Ordinal);
        AllowList.Check(
            "unknown-name",
            "A document names a type or member that does not exist:",
            from path in Documents()
            from match in CodeName().Matches(Repository.Read(path))
            from name in match.Groups[1].Value.Split('.')
            where !known.Contains(name)
            select new Violation($"{path} {name}"));
    }

    [Fact]
    public void Links_InDocuments_LeadSomewhere() => AllowList.Check(
        "dead-link",
        "A document links to a file that does not exist:",
        from path in Repository.Files.Where(path => path.EndsWith(".md", StringComparison.Ordinal))
        from match in Link().Matches(Repository.Read(path))
        let target = match.Groups[1].Value.Split('#')[0]
        where target.Length > 0 && !target.Contains(':', StringComparison.Ordinal)
        where !Repository.Exists(Path.Combine(Path.GetDirectoryName(path)!, target))
        select new Violation($"{path} {target}"));

    [Fact]
    public void Paths_NamedInDocuments_Exist() => AllowList.Check(
        "unknown-path",
        "A document names a path that does not exist:",
        from path in Repository.Files.Where(path => path.EndsWith(".md", StringComparison.Ordinal) && !path.StartsWith("docs/adr/", StringComparison.Ordinal))
        from match in TreePath().Matches(Repository.Read(path))
        let target = match.Groups[1].Value
        where !Repository.Exists(target)
        select new Violation($"{path} {target}"));

    /// <summary>A feature is explained where its name says: docs/architecture, one page for each folder of Core.</summary>
    [Fact]
    public void Features_HaveTheirPage() => AllowList.Check(
        "feature-page",
        "A feature of Core has its page in docs/architecture, named like the folder:",
        Repository.FoldersOf("src/Homeostat.Core")
            .Select(folder => $"docs/architecture/{folder.ToLowerInvariant()}.md")
            .Where(page => !Repository.Exists(page))
            .Select(page => new Violation(page)));

    private static IEnumerable<string> Documents() => Repository.Files.Where(path => path == "ARCHITECTURE.md"
        || (path.StartsWith("docs/architecture/", StringComparison.Ordinal) && path.EndsWith(".md", StringComparison.Ordinal)));

    /// <summary>A name in backticks of at least two humps (<c>RouteTable</c>, <c>Gate.Enter</c>): words of one hump are words.</summary>
    [GeneratedRegex(@"`((?:[A-Z]\w*\.)*[A-Z][a-z0-9]+[A-Z]\w*)(?:\([^`]*\))?`")]
    private static partial Regex CodeName();

    [GeneratedRegex(@"`((?:src|tests|docs|eng|native|samples|bench)/[\w./-]+)`")]
    private static partial Regex TreePath();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
