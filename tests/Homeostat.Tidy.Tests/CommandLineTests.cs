using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Homeostat.Tidy.Tests;

/// <summary>What the command line can do stands in docs/reference/cli.md.</summary>
public sealed class CommandLineTests
{
    private const string Reference = "docs/reference/cli.md";

    [Fact]
    public void EveryVerb_HasItsSection()
    {
        var sections = Repository.Read(Reference).Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..]).ToList();
        var verbs = FirstArguments("Command").ToList();
        Assert.NotEmpty(verbs);
        Assert.Equal([], verbs.Except(sections));
        Assert.Equal(["For every verb"], sections.Except(verbs));
    }

    [Fact]
    public void EveryOption_IsNamed()
    {
        var text = Repository.Read(Reference);
        Assert.Equal([], FirstArguments("Option").Where(option => !text.Contains($"`{option}", StringComparison.Ordinal)).Distinct());
    }

    /// <summary>Its table output is recorded in a session of Golden/, so that a change of it is seen in review.</summary>
    [Fact]
    public void EveryVerb_IsInAGoldenSession()
    {
        var recorded = Repository.Files.Where(path => path.StartsWith("tests/Homeostat.Server.Tests/Cli/Golden/", StringComparison.Ordinal))
            .SelectMany(path => Repository.Read(path).Split('\n'))
            .Where(line => line.StartsWith("$ homeostat ", StringComparison.Ordinal) && !line.Contains("json", StringComparison.Ordinal))
            .Select(line => line.Split(' ')[2]).ToHashSet(StringComparer.Ordinal);
        AllowList.Check("golden", "Record these verbs in a session of CliGoldenTests.", FirstArguments("Command").Where(verb => !recorded.Contains(verb)).Select(verb => new Violation(verb)));
    }

    /// <summary>The names given to <c>new Command("name", ...)</c> or <c>new Option&lt;T&gt;("--name")</c> in the command line's sources.</summary>
    private static IEnumerable<string> FirstArguments(string type) =>
        from source in Repository.Product
        where source.Path.StartsWith("src/Homeostat.Cli/", StringComparison.Ordinal)
        from creation in source.Unit.DescendantNodes().OfType<ObjectCreationExpressionSyntax>()
        where creation.Type is SimpleNameSyntax name && name.Identifier.ValueText == type
        let first = creation.ArgumentList?.Arguments.FirstOrDefault()?.Expression as LiteralExpressionSyntax
        where first is not null
        select first.Token.ValueText;
}
