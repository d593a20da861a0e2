using System.Buffers.Text;

namespace Homeostat.Server.Forwarding.Http1;

/// <summary>Writes a head into a span that the caller made large enough; running over is a defect and throws.</summary>
internal ref struct ByteWriter(Span<byte> target)
{
    private readonly Span<byte> _target = target;

    public int Length { get; private set; }

    /// <summary>What is still free.</summary>
    public readonly Span<byte> Rest => _target[Length..];

    public void Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_target[Length..]);
        Length += bytes.Length;
    }

    public void Add(byte octet) => _target[Length++] = octet;

    public void Add(long number)
    {
        Utf8Formatter.TryFormat(number, _target[Length..], out var written);
        Length += written;
    }

    /// <summary>Milliseconds with two decimals, as Server-Timing wants them.</summary>
    public void AddMilliseconds(TimeSpan time)
    {
        var hundredths = Math.Clamp(time.Ticks, 0, TimeSpan.TicksPerDay) / (TimeSpan.TicksPerMillisecond / 100);
        Add(hundredths / 100);
        Add((byte)'.');
        Add((byte)('0' + hundredths / 10 % 10));
        Add((byte)('0' + hundredths % 10));
    }

    public void AddField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Add(name);
        Add(": "u8);
        Add(value);
        Add("\r\n"u8);
    }

    /// <summary>The next octets, to be filled by the caller.</summary>
    public Span<byte> Take(int length)
    {
        var span = _target.Slice(Length, length);
        Length += length;
        return span;
    }
}
