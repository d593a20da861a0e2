using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Homeostat.Tidy.Tests;

/// <summary>Sizes as agreed in CONTRIBUTING.md. The analyzer MA0051 holds methods down while compiling; this also sees through suppressions.</summary>
public sealed class SizeTests
{
    private const int ProductLinesMax = 400;
    private const int TestLinesMax = 700;
    private const int MethodLinesMax = 60;
    private const int ConstructorParametersMax = 8;

    private static readonly string[] Code = [".cs", ".c", ".h", ".sh"];

    [Fact]
    public void Files_StayShort() => AllowList.Check(
        "file-length",
        $"A file has at most {ProductLinesMax} lines ({TestLinesMax} for tests); split it by what changes together:",
        from path in Repository.Files
        where Code.Contains(Path.GetExtension(path))
        let lines = Repository.Read(path).AsSpan().Count('\n')
        where lines > (path.StartsWith("tests/", StringComparison.Ordinal) ? TestLinesMax : ProductLinesMax)
        select new Violation(path, $"{path} has {lines} lines"));

    [Fact]
    public void Methods_StayShort() => AllowList.Check(
        "method-length",
        $"A method body has at most {MethodLinesMax} lines; keep the branches in the parent and make the leaves straight:",
        from source in Repository.Sources
        from node in source.Unit.DescendantNodes()
        let body = node switch
        {
            BaseMethodDeclarationSyntax method => (SyntaxNode?)method.Body ?? method.ExpressionBody,
            LocalFunctionStatementSyntax local => (SyntaxNode?)local.Body ?? local.ExpressionBody,
            AccessorDeclarationSyntax accessor => accessor.Body,
            _ => null,
        }
        where body is not null
        let span = source.Unit.SyntaxTree.GetLineSpan(body.Span)
        let lines = span.EndLinePosition.Line - span.StartLinePosition.Line - 1
        where lines > MethodLinesMax
        select new Violation(source.Path, $"{source.At(node)} has {lines} lines"));

    [Fact]
    public void Constructors_TakeFewParameters() => AllowList.Check(
        "constructor-parameters",
        $"A class takes at most {ConstructorParametersMax} parameters (records are free); it does too much, or wants a record of its options:",
        from source in Repository.Product
        from node in source.Unit.DescendantNodes()
        let parameters = node switch
        {
            ClassDeclarationSyntax type => type.ParameterList,
            ConstructorDeclarationSyntax constructor when constructor.Parent is not RecordDeclarationSyntax => constructor.ParameterList,
            _ => null,
        }
        where parameters?.Parameters.Count > ConstructorParametersMax
        select new Violation(source.Path, $"{source.At(node)} takes {parameters.Parameters.Count}"));
}
