using System.Xml.Linq;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Homeostat.Tidy.Tests;

/// <summary>Who may know whom, and that a feature has the same name everywhere.</summary>
public sealed class LayoutTests
{
    /// <summary>Folders of a test project that are kinds of tests instead of features.</summary>
    private static readonly string[] KindsOfTests = ["Laws", "Issues", "Support", "Golden", "Cli", "Contract", "Faults", "EndToEnd"];

    private static readonly Dictionary<string, string[]> MayReference = new(StringComparer.Ordinal)
    {
        ["Homeostat.Core"] = [],
        ["Homeostat.Client"] = [],
        ["Homeostat.Drivers"] = ["Homeostat.Core"],
        ["Homeostat.Server"] = ["Homeostat.Core", "Homeostat.Drivers", "Homeostat.Client"],
        ["Homeostat.Cli"] = ["Homeostat.Client", "Homeostat.Server"],
    };

    [Fact]
    public void Product_References_PointInOneDirection()
    {
        foreach (var project in Repository.Files.Where(path => path.StartsWith("src/", StringComparison.Ordinal) && path.EndsWith(".csproj", StringComparison.Ordinal)))
        {
            var name = Path.GetFileNameWithoutExtension(project);
            var references = XDocument.Parse(Repository.Read(project)).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
            Assert.True(MayReference.TryGetValue(name, out var allowed), $"{project}: a new project needs a place in the reference direction (see ARCHITECTURE.md)");
            Assert.Equal([], references.Except(allowed));
        }
    }

    [Fact]
    public void Cli_KnowsTheServer_OnlyToStartIt() => AllowList.Check(
        "cli-reaches-server",
        "The command line talks to the platform through the client; only `up` may use the server's types:",
        from source in Repository.Product
        where source.Path.StartsWith("src/Homeostat.Cli/", StringComparison.Ordinal)
        where !Path.GetFileName(source.Path).StartsWith("Up", StringComparison.Ordinal)
        from directive in source.Unit.Usings
        where directive.Name?.ToString().StartsWith("Homeostat.Server", StringComparison.Ordinal) == true
            || directive.Name?.ToString().StartsWith("Homeostat.Drivers", StringComparison.Ordinal) == true
        select new Violation(source.Path, source.At(directive)));

    [Fact]
    public void Namespace_IsTheFolder() => AllowList.Check(
        "namespace",
        "The namespace of a file is its project and folder:",
        from source in Repository.Sources
        let expected = string.Join('.', source.Path.Split('/')[1..^1])
        from declared in source.Unit.DescendantNodes(node => node is CompilationUnitSyntax).OfType<BaseNamespaceDeclarationSyntax>()
        where declared.Name.ToString() != expected
        select new Violation(source.Path, $"{source.At(declared)} is {declared.Name}, not {expected}"));

    [Fact]
    public void EveryProject_IsInTheSolution()
    {
        var solution = Repository.Read("Homeostat.slnx");
        var missing = Repository.Files.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal) && !path.StartsWith("samples/", StringComparison.Ordinal))
            .Where(path => !solution.Contains($"\"{path}\"", StringComparison.Ordinal));
        Assert.Equal([], missing);
    }

    [Theory]
    [InlineData("Core")]
    [InlineData("Drivers")]
    [InlineData("Server")]
    public void TestFolders_MirrorTheProduct(string project) => AllowList.Check(
        "mirrored-folder",
        "A folder of tests has the name of the feature it tests:",
        Repository.FoldersOf($"tests/Homeostat.{project}.Tests")
            .Except(Repository.FoldersOf($"src/Homeostat.{project}"))
            .Except(KindsOfTests)
            .Select(folder => new Violation($"tests/Homeostat.{project}.Tests/{folder}")));
}
