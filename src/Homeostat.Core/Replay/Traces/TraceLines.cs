namespace Homeostat.Core.Replay.Traces;

/// <summary>Lines of a text, none longer than allowed: a file without line ends must not fill the memory.</summary>
internal sealed class TraceLines(TextReader text, int charactersMax)
{
    private readonly char[] _buffer = new char[16_384];
    private int _at;
    private int _end;

    /// <summary>Of the line that was read last; 1 for the first.</summary>
    public int Number { get; private set; }

    /// <summary>The line was longer than allowed and was not kept.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>The next line without its end, trimmed; null at the end of the text or where a line is too long.</summary>
    public string? Next()
    {
        var line = new System.Text.StringBuilder();
        while (_at < _end || Fill())
        {
            var rest = _buffer.AsSpan(_at, _end - _at);
            var length = rest.IndexOf('\n');
            line.Append(rest[..(length < 0 ? rest.Length : length)]);
            _at += length < 0 ? rest.Length : length + 1;
            if (line.Length > charactersMax)
            {
                Number++;
                IsTooLong = true;
                return null;
            }
            if (length >= 0)
            {
                return Taken(line);
            }
        }
        return line.Length == 0 ? null : Taken(line);
    }

    private string Taken(System.Text.StringBuilder line)
    {
        Number++;
        // A mark of byte order is no part of the first number.
        return line.ToString().Trim().TrimStart('\uFEFF');
    }

    private bool Fill()
    {
        (_at, _end) = (0, text.Read(_buffer, 0, _buffer.Length));
        return _end > 0;
    }
}
