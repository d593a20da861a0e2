using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using static Homeostat.Core.Services.ServiceFileErrorCodes;

namespace Homeostat.Core.Services;

/// <summary>
/// Text of one YAML (or JSON) document to a tree with places. Aliases, anchors and tags are refused rather than followed: nothing in a service file
/// needs them, and a few lines of aliases can stand for gigabytes.
/// </summary>
internal sealed class FileTreeReader(List<ServiceFileError> errors)
{
    /// <summary>Longest file: characters.</summary>
    internal const int CharsMax = 256 * 1024;

    internal const int DepthMax = 16;
    internal const int NodesMax = 10_000;

    private int _nodes;

    /// <summary>Where the last value began.</summary>
    private (int Line, int Column) _last = (1, 1);

    /// <summary>The root, or null when there is none to go on with; the errors say why.</summary>
    public FileNode? Read(string text)
    {
        if (text.Length > CharsMax)
        {
            Add(0, 0, TooLarge, $"the file has {text.Length} characters; at most {CharsMax} are read", "Keep data in files and mount them.");
            return null;
        }
        if (!CheckCharacters(text))
        {
            return null;
        }
        try
        {
            return ReadDocument(new Parser(new StringReader(text)));
        }
        catch (YamlException e)
        {
            Add((int)e.Start.Line, (int)e.Start.Column, Syntax, $"not valid YAML: {Reason(e)}", "Check indentation, quotes and brackets here and on the line before.");
            return null;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            // The YAML library lets a few of its own checks escape on broken input; to the user all are the same.
            Add(_last.Line, _last.Column, Syntax, "not valid YAML after this place", "Check indentation, quotes and brackets here and on the next line.");
            return null;
        }
    }

    private bool CheckCharacters(string text)
    {
        var before = errors.Count;
        var (line, column, indent) = (1, 0, true);
        foreach (var c in text)
        {
            column++;
            if (c == '\n')
            {
                (line, column, indent) = (line + 1, 0, true);
            }
            else if (c == '\t' && indent)
            {
                Add(line, column, Syntax, "a tab is used for indentation; YAML allows spaces only", "Replace it by spaces.");
                indent = false;
            }
            else if ((char.IsControl(c) && c is not ('\r' or '\t' or '\u0085')) || c == '\uFFFD')
            {
                Add(line, column, Syntax, $"character U+{(int)c:X4} is not allowed; a service file is UTF-8 text", "Remove it, or write it as an escape in double quotes.");
            }
            else if (c != ' ')
            {
                indent = false;
            }
            if (errors.Count - before >= 10)
            {
                break;
            }
        }
        return errors.Count == before;
    }

    private FileNode? ReadDocument(Parser parser)
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
        {
            Add(0, 0, Missing, "the file is empty", "It needs at least service, rootfs (or host: true), command and port.");
            return null;
        }
        parser.Consume<DocumentStart>();
        var root = ReadNode(parser, 0);
        if (root is null)
        {
            return null;
        }
        parser.Consume<DocumentEnd>();
        if (parser.Accept<DocumentStart>(out var second))
        {
            Add(Line(second), Column(second), Syntax, "a second document begins here; a service file describes one service", "Put each service into a file of its own.");
            return null;
        }
        return root;
    }

    private FileNode? ReadNode(Parser parser, int depth)
    {
        if (parser.Accept<AnchorAlias>(out var alias))
        {
            Add(Line(alias), Column(alias), Syntax, $"alias *{FileScalar.Clip(alias.Value.Value)} is not allowed in a service file", "Repeat the value.");
            parser.MoveNext();
            return new FileScalar("", false, Line(alias), Column(alias));
        }
        var start = parser.Consume<NodeEvent>();
        _last = (Line(start), Column(start));
        if (++_nodes > NodesMax || depth > DepthMax)
        {
            var what = depth > DepthMax ? $"nested deeper than {DepthMax} levels" : $"more than {NodesMax} values";
            Add(Line(start), Column(start), TooLarge, what, "A service file is small and flat.");
            return null;
        }
        if (!start.Anchor.IsEmpty)
        {
            Add(Line(start), Column(start), Syntax, $"anchor &{FileScalar.Clip(start.Anchor.Value)} is not allowed in a service file", "Write the value without it.");
        }
        if (!start.Tag.IsEmpty && !start.Tag.IsNonSpecific)
        {
            Add(Line(start), Column(start), Syntax, $"tag {FileScalar.Clip(start.Tag.Value)} is not allowed in a service file", "Write the plain value.");
        }
        return start switch
        {
            Scalar scalar => new FileScalar(scalar.Value, scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any), Line(start), Column(start)),
            SequenceStart => ReadList(parser, start, depth),
            _ => ReadMap(parser, start, depth),
        };
    }

    private FileList? ReadList(Parser parser, NodeEvent start, int depth)
    {
        var items = new List<FileNode>();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            if (ReadNode(parser, depth + 1) is not { } item)
            {
                return null;
            }
            items.Add(item);
        }
        return new FileList(items, Line(start), Column(start));
    }

    private FileMap? ReadMap(Parser parser, NodeEvent start, int depth)
    {
        var entries = new List<FileEntry>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (ReadNode(parser, depth + 1) is not { } key || ReadNode(parser, depth + 1) is not { } value)
            {
                return null;
            }
            if (key is FileScalar name)
            {
                entries.Add(new FileEntry(name, value));
            }
            else
            {
                Add(key.Line, key.Column, WrongType, $"a key is {key.Shown}; keys are words", "Write key: value.");
            }
        }
        return new FileMap(entries, Line(start), Column(start));
    }

    private void Add(int line, int column, string code, string message, string fix) => errors.Add(new ServiceFileError(line, column, code, "", message, fix));

    private static string Reason(YamlException e)
    {
        // The library's text begins with its own position, "(Line: 3, Col: 1, Idx: 20) - (...): text", which ours already has.
        var text = e.Message;
        var end = text.StartsWith('(') ? text.IndexOf("): ", StringComparison.Ordinal) : -1;
        return FileScalar.Clip((end < 0 ? text : text[(end + 3)..]).TrimEnd('.'));
    }

    private static int Line(ParsingEvent e) => (int)e.Start.Line;

    private static int Column(ParsingEvent e) => (int)e.Start.Column;
}
