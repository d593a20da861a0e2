using System.Globalization;
using System.Text;

namespace Homeostat.Drivers.Runtime.Oci.Keeper;

/// <summary>
/// One message of the keeper's protocol: a verb and <c>key=value</c> fields, each ended by NUL, together at most
/// <see cref="BytesMax"/>. See docs/architecture/cells.md.
/// </summary>
internal sealed class KeeperPacket
{
    /// <summary>PACKET_MAX of <c>native/common/packet.h</c>.</summary>
    public const int BytesMax = 128 * 1024;

    private readonly List<KeyValuePair<string, string>> _fields = [];

    public KeeperPacket(string verb) => Verb = verb;

    public string Verb { get; }

    public IReadOnlyList<KeyValuePair<string, string>> Fields => _fields;

    /// <exception cref="ArgumentException">The value has a NUL character, which no argument of a program can carry.</exception>
    public KeeperPacket With(string key, string value)
    {
        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException($"{key} contains a NUL character", nameof(value));
        }

        _fields.Add(new(key, value));
        return this;
    }

    public KeeperPacket With(string key, IEnumerable<string> values)
    {
        foreach (var value in values)
        {
            With(key, value);
        }

        return this;
    }

    public KeeperPacket WithFlag(string key, bool on) => With(key, on ? "1" : "0");

    /// <summary>The value of the first field of that name; null without.</summary>
    public string? this[string key]
    {
        get
        {
            foreach (var field in _fields)
            {
                if (field.Key == key)
                {
                    return field.Value;
                }
            }

            return null;
        }
    }

    public int? Number(string key) =>
        int.TryParse(this[key], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <exception cref="InvalidDataException">The packet has more than <see cref="BytesMax"/> bytes.</exception>
    public byte[] Encode()
    {
        var text = new StringBuilder(Verb).Append('\0');
        foreach (var (key, value) in _fields)
        {
            text.Append(key).Append('=').Append(value).Append('\0');
        }

        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        return bytes.Length <= BytesMax
            ? bytes
            : throw new InvalidDataException($"arguments and environment take {bytes.Length} bytes; at most {BytesMax} fit");
    }

    /// <summary>Null where the bytes are no packet.</summary>
    public static KeeperPacket? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[^1] != 0)
        {
            return null;
        }

        var strings = Encoding.UTF8.GetString(bytes[..^1]).Split('\0');
        var packet = new KeeperPacket(strings[0]);
        foreach (var field in strings.AsSpan(1))
        {
            var equals = field.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                return null;
            }

            packet._fields.Add(new(field[..equals], field[(equals + 1)..]));
        }

        return packet;
    }
}
