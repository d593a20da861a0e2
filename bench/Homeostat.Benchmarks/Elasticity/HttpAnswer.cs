using System.Globalization;
using System.Text;

namespace Homeostat.Benchmarks.Elasticity;

/// <param name="Body">Up to the first line end.</param>
internal readonly record struct HttpAnswer(int Status, string Body)
{
    /// <summary>The answer in these bytes, if it is whole: head and as many bytes as it announces.</summary>
    public static HttpAnswer? Find(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return null;
        }

        var head = Encoding.Latin1.GetString(bytes[..end]);
        var body = bytes[(end + 4)..];
        var field = head.IndexOf("Content-Length:", StringComparison.OrdinalIgnoreCase);
        var length = field < 0 ? 0 : int.Parse(head.AsSpan(field + 15).TrimStart().ToString().Split('\r')[0], CultureInfo.InvariantCulture);
        if (body.Length < length || !int.TryParse(head.AsSpan(9, 3), out var status))
        {
            return null;
        }

        var line = body[..length].IndexOf((byte)'\n');
        return new HttpAnswer(status, Encoding.ASCII.GetString(line < 0 ? body[..length] : body[..line]));
    }
}
