namespace Homeostat.Core.Services;

/// <summary>A node of a service file with its place, as written.</summary>
internal abstract record FileNode(int Line, int Column)
{
    /// <summary>For messages: <c>a list</c>, <c>a mapping</c>, or the value itself.</summary>
    public abstract string Shown { get; }
}

/// <param name="Quoted">Written in quotes or as a block: text, never null or a number by accident.</param>
internal sealed record FileScalar(string Value, bool Quoted, int Line, int Column) : FileNode(Line, Column)
{
    private const int ShownMax = 60;

    /// <summary>An absent value: <c>key:</c>, <c>key: ~</c>, <c>key: null</c>.</summary>
    public bool IsNull => !Quoted && Value is "" or "~" or "null" or "Null" or "NULL";

    public override string Shown => IsNull ? "empty" : Clip(Value);

    /// <summary>One printable line, so that no message can be broken or coloured by a file.</summary>
    internal static string Clip(string text)
    {
        var shown = text.Length > ShownMax ? text[..ShownMax] + "..." : text;
        return string.Concat(shown.Select(c => char.IsControl(c) ? '?' : c));
    }
}

internal sealed record FileMap(IReadOnlyList<FileEntry> Entries, int Line, int Column) : FileNode(Line, Column)
{
    public override string Shown => "a mapping";
}

internal sealed record FileList(IReadOnlyList<FileNode> Items, int Line, int Column) : FileNode(Line, Column)
{
    public override string Shown => "a list";
}

internal sealed record FileEntry(FileScalar Key, FileNode Value);
