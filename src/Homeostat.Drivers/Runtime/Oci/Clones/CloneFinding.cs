using System.Globalization;

namespace Homeostat.Drivers.Runtime.Oci.Clones;

/// <summary>What the keeper found in one process while it primed.</summary>
internal enum FindingKind
{
    /// <summary>The executable; the text is <c>go</c> for a Go program.</summary>
    Program,

    /// <summary>A mapped library.</summary>
    Library,

    /// <summary>A copy of OpenSSL whose generators were reset.</summary>
    Primed,

    /// <summary>A file that contains a generator which could not be reset.</summary>
    Hidden,

    /// <summary>Something mapped that could not be examined.</summary>
    Unreadable,

    /// <summary>Numbers drawn from a clone, in hexadecimal digits.</summary>
    Drawn,
}

/// <param name="Pid">Host pid of the process.</param>
/// <param name="Path">The file, as the process sees it.</param>
internal sealed record CloneFinding(FindingKind Kind, int Pid, string Path, string Text)
{
    public string FileName => System.IO.Path.GetFileName(Path);

    /// <summary>Parses a line of the keeper: kind, pid, path, text, between tabs. Null for a kind this version does not know.</summary>
    public static CloneFinding? Parse(string line)
    {
        var parts = line.Split('\t', 4);
        return parts.Length == 4
            && Enum.TryParse<FindingKind>(parts[0], ignoreCase: true, out var kind)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            ? new CloneFinding(kind, pid, parts[2], parts[3])
            : null;
    }

    public static IReadOnlyList<CloneFinding> ParseAll(IEnumerable<string> lines) => [.. lines.Select(Parse).OfType<CloneFinding>()];
}
