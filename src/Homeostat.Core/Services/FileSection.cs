using System.Globalization;
using static Homeostat.Core.Services.ServiceFileErrorCodes;

namespace Homeostat.Core.Services;

/// <summary>
/// One mapping of a service file while it is read: knows its keys, hands out values by kind, and writes down everything that is wrong.
/// A getter answers null for what is absent and for what is wrong, so that reading goes on and all errors are found at once.
/// </summary>
internal sealed class FileSection
{
    private readonly string _path;
    private readonly FileFindings _found;
    private readonly SortedDictionary<string, FileNode> _values = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _written = new(StringComparer.Ordinal);

    public FileSection(string path, FileMap map, FileKeys keys, FileFindings found)
    {
        (_path, _found, Place) = (path, found, map);
        var lines = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (key, value) in map.Entries)
        {
            if (lines.TryGetValue(key.Value, out var first))
            {
                Add(key, DuplicateKey, FileScalar.Clip(key.Value), $"is written twice (first on line {first})", "Keep one of them.");
            }
            else if (keys.Known.Contains(key.Value))
            {
                _values[key.Value] = value;
                found.Places[PathOf(key.Value)] = new ServiceFilePlace(value.Line, value.Column);
            }
            else
            {
                AddUnknown(key, keys);
            }
            lines.TryAdd(key.Value, key.Line);
            _written.Add(key.Value);
        }
    }

    /// <summary>Where the section stands, for errors about what it lacks.</summary>
    public FileNode Place { get; }

    public bool Has(string key) => _values.ContainsKey(key);

    /// <summary>Whether a key was written that is not supported yet, so that its absence need not be reported as well.</summary>
    public bool HasLater(string key) => _written.Contains(key);

    public FileNode? Node(string key) => _values.GetValueOrDefault(key);

    /// <summary>Full path of a key: <c>scale.max</c>.</summary>
    public string PathOf(string key) => _path.Length == 0 ? key : key.StartsWith('[') ? _path + key : $"{_path}.{key}";

    /// <summary>A scalar with text in it.</summary>
    public FileScalar? Text(string key, string expected, string fix)
    {
        if (!_values.TryGetValue(key, out var node))
        {
            return null;
        }
        if (node is FileScalar { IsNull: false } scalar)
        {
            return scalar;
        }
        AddWrong(key, node, expected, fix);
        return null;
    }

    public int? Integer(string key, int min, int max, string fix)
    {
        var expected = $"a whole number {min}..{max}";
        if (Text(key, expected, fix) is not { } scalar)
        {
            return null;
        }
        if (!int.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            Add(scalar, IsNumber(scalar.Value) ? OutOfRange : WrongType, key, $"is {scalar.Shown}; it must be {expected}", fix);
            return null;
        }
        if (number < min || number > max)
        {
            Add(scalar, OutOfRange, key, $"is {number}; it must be {expected}", fix);
            return null;
        }
        return number;
    }

    public TimeSpan? Duration(string key, TimeSpan min, TimeSpan max, string fix)
    {
        var expected = $"a duration {Quantities.FormatDuration(min)}..{Quantities.FormatDuration(max)}";
        if (Text(key, expected, fix) is not { } scalar)
        {
            return null;
        }
        if (!Quantities.TryParseDuration(scalar.Value, out var duration))
        {
            var hint = IsNumber(scalar.Value) ? $"A duration needs a unit: {FileScalar.Clip(scalar.Value)}s, or ms, m, h, d." : "Write it like 500ms, 90s, 5m or 1h30m.";
            Add(scalar, WrongType, key, $"is {scalar.Shown}; it must be {expected}", hint);
            return null;
        }
        if (duration < min || duration > max)
        {
            Add(scalar, OutOfRange, key, $"is {scalar.Shown}; it must be {expected}", fix);
            return null;
        }
        return duration;
    }

    public bool? Boolean(string key, string fix)
    {
        if (Text(key, "true or false", fix) is not { } scalar)
        {
            return null;
        }
        switch (scalar.Value)
        {
            case "true" when !scalar.Quoted:
                return true;
            case "false" when !scalar.Quoted:
                return false;
            default:
                Add(scalar, WrongType, key, $"is {scalar.Shown}; it must be true or false", fix);
                return null;
        }
    }

    /// <summary>One of a few words.</summary>
    public T? Choice<T>(string key, params ReadOnlySpan<(string Word, T Value)> choices) where T : struct
    {
        var words = new List<string>();
        foreach (var (word, _) in choices)
        {
            words.Add(word);
        }
        var expected = words.Count < 2 ? words[0] : string.Join(", ", words.SkipLast(1)) + " or " + words[^1];
        if (Text(key, expected, $"Write one of {string.Join(", ", words)}.") is not { } scalar)
        {
            return null;
        }
        foreach (var (word, value) in choices)
        {
            if (word == scalar.Value)
            {
                return value;
            }
        }
        Add(scalar, Invalid, key, $"is {scalar.Shown}; it must be {expected}", $"Write one of {string.Join(", ", words)}.");
        return null;
    }

    /// <summary>A list with at most <paramref name="countMax"/> items; empty when absent or wrong.</summary>
    public IReadOnlyList<FileNode> Items(string key, int countMax, string expected, string fix)
    {
        if (!_values.TryGetValue(key, out var node))
        {
            return [];
        }
        if (node is not FileList list)
        {
            AddWrong(key, node, expected, fix);
            return [];
        }
        if (list.Items.Count > countMax)
        {
            Add(node, OutOfRange, key, $"has {list.Items.Count} items; at most {countMax} are allowed", "Remove some.");
            return [];
        }
        return list.Items;
    }

    /// <summary>A nested mapping; null when absent or wrong.</summary>
    public FileSection? Section(string key, FileKeys keys, string example)
    {
        if (!_values.TryGetValue(key, out var node))
        {
            return null;
        }
        if (node is FileMap map)
        {
            return new FileSection(PathOf(key), map, keys, _found);
        }
        AddWrong(key, node, "a mapping", $"Write it like {example}.");
        return null;
    }

    /// <summary>The mapping that is item <paramref name="index"/> of the list under <paramref name="key"/>.</summary>
    public FileSection ItemSection(string key, int index, FileMap map, FileKeys keys) => new($"{PathOf(key)}[{index}]", map, keys, _found);

    /// <summary>Says that a value (or the whole key) is wrong: <c>{path} {what}. {fix}</c>.</summary>
    public void Add(FileNode at, string code, string key, string what, string fix, string? nearest = null)
    {
        var path = PathOf(key);
        _found.Errors.Add(new ServiceFileError(at.Line, at.Column, code, path, $"{path} {what}", fix, nearest));
    }

    public void AddMissing(string key, string what, string fix) => Add(Place, Missing, key, $"is missing; {what}", fix);

    public void AddWrong(string key, FileNode node, string expected, string fix) =>
        Add(node, WrongType, key, $"is {node.Shown}; it must be {expected}", fix);

    private void AddUnknown(FileScalar key, FileKeys keys)
    {
        var shown = FileScalar.Clip(key.Value);
        if (keys.Later.Contains(key.Value))
        {
            Add(key, NotSupported, shown, "is not supported yet", "Remove it; this version has no such feature.");
            return;
        }
        var nearest = keys.Nearest(key.Value);
        var fix = nearest is null ? $"Known here: {string.Join(", ", keys.Known)}." : $"Did you mean {nearest}?";
        Add(key, UnknownKey, shown, "is not a known key", fix, nearest);
    }

    private static bool IsNumber(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
}
