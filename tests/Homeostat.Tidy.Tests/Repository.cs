using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Homeostat.Tidy.Tests;

/// <summary>The source tree the tests read: found from where they run, listed and parsed once.</summary>
internal static class Repository
{
    private static readonly string[] SkippedFolders = ["artifacts", "bin", "obj", "out", ".git", "TestResults", "node_modules"];

    private static readonly ConcurrentDictionary<string, string> Texts = new(StringComparer.Ordinal);

    private static readonly Lazy<IReadOnlyList<SourceFile>> Parsed = new(Parse);

    /// <summary>Absolute path of the folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>All files that people write, relative to <see cref="Root"/>, with forward slashes, in order.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. List(Root).Order(StringComparer.Ordinal)];

    /// <summary>Every C# file below src, tests and bench.</summary>
    public static IReadOnlyList<SourceFile> Sources => Parsed.Value;

    /// <summary>C# files of the product.</summary>
    public static IEnumerable<SourceFile> Product => Sources.Where(source => source.Path.StartsWith("src/", StringComparison.Ordinal));

    /// <summary>C# files of the tests.</summary>
    public static IEnumerable<SourceFile> Tests => Sources.Where(source => source.Path.StartsWith("tests/", StringComparison.Ordinal));

    public static string Read(string path) => Texts.GetOrAdd(path, static key => File.ReadAllText(Path.Combine(Root, key)));

    public static bool Exists(string path) => Path.Exists(Path.Combine(Root, path));

    /// <summary>Names of the folders directly below <paramref name="path"/>; none if it does not exist.</summary>
    public static IEnumerable<string> FoldersOf(string path)
    {
        var folder = new DirectoryInfo(Path.Combine(Root, path));
        return folder.Exists
            ? folder.EnumerateDirectories().Select(child => child.Name).Where(name => !SkippedFolders.Contains(name)).Order(StringComparer.Ordinal)
            : [];
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Homeostat.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Homeostat.slnx above {AppContext.BaseDirectory}: the tidy tests read the source tree they were built from.");
    }

    private static IEnumerable<string> List(string folder)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            if (entry is FileInfo)
            {
                yield return Path.GetRelativePath(Root, entry.FullName).Replace('\\', '/');
            }
            else if (!SkippedFolders.Contains(entry.Name) && entry.LinkTarget is null)
            {
                foreach (var path in List(entry.FullName))
                {
                    yield return path;
                }
            }
        }
    }

    private static IReadOnlyList<SourceFile> Parse() =>
        [.. Files
            .Where(path => path.Split('/')[0] is "src" or "tests" or "bench")
            .Where(path => path.EndsWith(".cs", StringComparison.Ordinal))
            .AsParallel().AsOrdered()
            .Select(path => new SourceFile(path, CSharpSyntaxTree.ParseText(Read(path)).GetCompilationUnitRoot()))];
}

/// <summary>A parsed C# file.</summary>
/// <param name="Path">Relative to the repository.</param>
internal sealed record SourceFile(string Path, Microsoft.CodeAnalysis.CSharp.Syntax.CompilationUnitSyntax Unit)
{
    /// <summary><c>path:line</c> of a node, as editors understand it.</summary>
    public string At(SyntaxNodeOrToken node) => $"{Path}:{Unit.SyntaxTree.GetLineSpan(node.Span).StartLinePosition.Line + 1}";
}
