namespace Homeostat.Server.Forwarding.Http1;

/// <summary>
/// Finds the end of a message head in bytes that arrive piece by piece, and refuses early what can't become a valid one, so that nobody waits for
/// the end of something broken. Remembers where it was: each byte is looked at once.
/// </summary>
internal struct HeadScanner(int bytesMax, int firstLineMax, bool lineFeeds)
{
    private int _line;
    private bool _first = true;

    /// <summary>Bytes to skip before the head: one empty line after an earlier message is tolerated (RFC 9112 2.2).</summary>
    public int Start { get; private set; }

    /// <summary>Looks at the bytes so far, always from the same beginning.</summary>
    /// <returns>Length of the head with its empty line, counted from the beginning; 0 when more is needed; -1 with a refusal.</returns>
    public int Scan(ReadOnlySpan<byte> data, out Refusal? refusal)
    {
        refusal = null;
        while (true)
        {
            var rest = data[_line..];
            var feed = rest.IndexOf((byte)'\n');
            // Not the beginning of a token: TLS or garbage on a plain port. Waiting for its line end would only tie up the connection.
            if (_first && rest.Length > 0 && rest[0] is not ((byte)'\r' or (byte)'\n') && !Octets.Token.Contains(rest[0]))
                return Refuse(Refusals.RequestLine, out refusal);
            // One more than the line: its CR.
            if (_first && (feed < 0 ? rest.Length : feed) > firstLineMax + 1)
                return Refuse(Refusals.TargetTooLong, out refusal);
            if ((feed < 0 ? data.Length : _line + feed) > bytesMax)
                return Refuse(Refusals.HeadTooLarge, out refusal);
            if (feed < 0)
                return 0;
            var ended = feed > 0 && rest[feed - 1] == '\r';
            if (!ended && !lineFeeds)
                return Refuse(Refusals.BareLineFeed, out refusal);
            var empty = feed == (ended ? 1 : 0);
            _line += feed + 1;
            if (empty && !_first)
                return _line;
            if (empty && Start > 0)
                return Refuse(Refusals.RequestLine, out refusal);
            if (empty)
                Start = _line;
            else
                _first = false;
        }
    }

    private static int Refuse(Refusal why, out Refusal? refusal)
    {
        refusal = why;
        return -1;
    }
}
