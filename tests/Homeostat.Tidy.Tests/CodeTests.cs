using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Homeostat.Tidy.Tests;

/// <summary>Rules about C# that no analyzer on the feed checks.</summary>
public sealed class CodeTests
{
    private static readonly string[] BannedNouns = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utilities", "Service", "Processor", "Base"];

    private static readonly string[] Asynchronous = ["Task", "ValueTask", "IAsyncEnumerable", "Thread", "Timer"];

    [Fact]
    public void Core_IsSynchronous() => AllowList.Check(
        "core-async",
        "Core has no async, await or Task: time goes in, plans come out:",
        from source in Repository.Product
        where source.Path.StartsWith("src/Homeostat.Core/", StringComparison.Ordinal)
        from token in source.Unit.DescendantTokens()
        where token.IsKind(SyntaxKind.AsyncKeyword) || token.IsKind(SyntaxKind.AwaitKeyword)
            || (token.Parent is SimpleNameSyntax { Parent: not MemberAccessExpressionSyntax } && Asynchronous.Contains(token.ValueText))
        select new Violation(source.Path, $"{source.At(token)} {token}"));

    [Fact]
    public void Classes_AreSealedByDefault()
    {
        var types = Repository.Sources.SelectMany(source => source.Unit.DescendantNodes().OfType<TypeDeclarationSyntax>()).ToList();
        var parents = types.Where(type => type.BaseList is not null).SelectMany(type => type.BaseList!.Types).Select(NameOf).ToHashSet(StringComparer.Ordinal);
        AllowList.Check(
            "sealed",
            "A class that nothing derives from is sealed, static or abstract:",
            from source in Repository.Product
            from type in source.Unit.DescendantNodes().OfType<TypeDeclarationSyntax>()
            where type is ClassDeclarationSyntax || (type is RecordDeclarationSyntax record && !record.ClassOrStructKeyword.IsKind(SyntaxKind.StructKeyword))
            where !IsAnyPartSealed(types, type) && !parents.Contains(type.Identifier.ValueText)
            select new Violation(type.Identifier.ValueText, $"{source.At(type)} {type.Identifier}"));
    }

    [Fact]
    public void TypeNames_SayWhatTheyAre() => AllowList.Check(
        "banned-noun",
        $"A type is not called {string.Join(", ", BannedNouns)}: such names attract everything. Name what it does:",
        from source in Repository.Sources
        from type in source.Unit.DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
        let name = type.Identifier.ValueText
        where BannedNouns.Any(noun => name.EndsWith(noun, StringComparison.Ordinal)) || (name.StartsWith("Base", StringComparison.Ordinal) && name.Length > 4 && char.IsUpper(name[4]))
        select new Violation(name, $"{source.At(type)} {name}"));

    [Fact]
    public void Tests_DoNotSleep() => AllowList.Check(
        "sleep",
        "Tests wait for events with a deadline, they do not sleep (docs/flake-patterns.md):",
        from source in Repository.Tests
        from access in source.Unit.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
        where access.ToString() is "Task.Delay" or "Thread.Sleep" or "System.Threading.Thread.Sleep"
        select new Violation(source.Path, source.At(access)));

    [Fact]
    public void LogEventIds_AreUnique()
    {
        var events = (from source in Repository.Product
                      from attribute in source.Unit.DescendantNodes().OfType<AttributeSyntax>()
                      where attribute.Name.ToString() is "LoggerMessage" or "LoggerMessageAttribute"
                      select (Id: EventIdOf(attribute), At: source.At(attribute))).ToList();
        Assert.Equal([], events.Where(item => item.Id is null).Select(item => $"{item.At} has no event id"));
        Assert.Equal([], events.Where(item => item.Id is not null).GroupBy(item => item.Id).Where(group => group.Count() > 1)
            .Select(group => $"event id {group.Key}: {string.Join(", ", group.Select(item => item.At))}"));
    }

    [Fact]
    public void Failures_AreNotSwallowed() => AllowList.Check(
        "empty-catch",
        "A catch block that does nothing says why in a comment:",
        from source in Repository.Sources
        from clause in source.Unit.DescendantNodes().OfType<CatchClauseSyntax>()
        where clause.Block.Statements.Count == 0
        where !clause.DescendantTrivia().Any(trivia => trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia))
        select new Violation(source.Path, source.At(clause)));

    [Fact]
    public void AsyncVoid_IsNotUsed() => AllowList.Check(
        "async-void",
        "An exception in an async void method ends the process; return a Task:",
        from source in Repository.Sources
        from method in source.Unit.DescendantNodes().OfType<MethodDeclarationSyntax>()
        where method.Modifiers.Any(SyntaxKind.AsyncKeyword) && method.ReturnType.ToString() == "void"
        select new Violation(source.Path, source.At(method)));

    [Fact]
    public void Regions_AreNotUsed() => AllowList.Check(
        "region",
        "A file that needs regions needs to be two files:",
        from source in Repository.Sources
        from directive in source.Unit.DescendantTrivia().Where(trivia => trivia.IsKind(SyntaxKind.RegionDirectiveTrivia))
        select new Violation(source.Path));

    private static bool IsAnyPartSealed(List<TypeDeclarationSyntax> types, TypeDeclarationSyntax type) =>
        types.Where(part => part.Identifier.ValueText == type.Identifier.ValueText)
            .Any(part => part.Modifiers.Any(SyntaxKind.SealedKeyword) || part.Modifiers.Any(SyntaxKind.StaticKeyword) || part.Modifiers.Any(SyntaxKind.AbstractKeyword));

    private static string NameOf(BaseTypeSyntax parent) => parent.Type switch
    {
        QualifiedNameSyntax qualified => qualified.Right.Identifier.ValueText,
        SimpleNameSyntax simple => simple.Identifier.ValueText,
        _ => parent.Type.ToString(),
    };

    private static string? EventIdOf(AttributeSyntax attribute)
    {
        var arguments = attribute.ArgumentList?.Arguments ?? default;
        var named = arguments.FirstOrDefault(argument => (argument.NameEquals?.Name ?? argument.NameColon?.Name)?.ToString() is "EventId" or "eventId");
        var first = arguments.FirstOrDefault(argument => argument.NameEquals is null);
        return (named ?? first)?.Expression is LiteralExpressionSyntax { Token.Value: int id } ? id.ToString() : null;
    }
}
