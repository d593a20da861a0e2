using System.Globalization;
using System.Text;

namespace Homeostat.Drivers.Runtime.Fake;

/// <param name="Close">The client asked to close after the answer.</param>
internal sealed record FakeRequest(string Method, string Target, long BodyBytes, long BodySum, bool Close);

/// <summary>Reads the requests of one connection, bodies by length or chunked included. Lenient: it stands for a program behind the gateway.</summary>
internal sealed class FakeHttpReader(Stream stream, int headBytesMax) : IDisposable
{
    private readonly BufferedStream _in = new(stream, 32 << 10);
    private readonly byte[] _one = new byte[1];

    /// <summary>The next request with its body read; null when the client closed.</summary>
    public async Task<FakeRequest?> ReadRequestAsync(CancellationToken cancel)
    {
        var line = await ReadLineAsync(cancel);
        if (line is null)
        {
            return null;
        }

        var words = line.Split(' ');
        long length = 0;
        var (chunked, close, expects) = (false, false, false);
        while (await ReadLineAsync(cancel) is { Length: > 0 } header)
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            var value = header[(colon + 1)..].Trim();
            switch (header[..Math.Max(colon, 0)].ToLowerInvariant())
            {
                case "content-length":
                    length = long.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "transfer-encoding":
                    chunked = value.Contains("chunked", StringComparison.OrdinalIgnoreCase);
                    break;
                case "connection":
                    close = value.Contains("close", StringComparison.OrdinalIgnoreCase);
                    break;
                case "expect":
                    expects = true;
                    break;
            }
        }

        if (expects)
        {
            await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), cancel);
        }

        var (bytes, sum) = chunked ? await ReadChunksAsync(cancel) : await ReadBodyAsync(length, cancel);
        return words.Length < 2 ? throw new InvalidDataException("no request line") : new FakeRequest(words[0], words[1], bytes, sum, close);
    }

    public void Dispose() => _in.Dispose();

    private async Task<(long Bytes, long Sum)> ReadChunksAsync(CancellationToken cancel)
    {
        var (bytes, sum) = (0L, 0L);
        while (await ReadLineAsync(cancel) is { } size)
        {
            var length = long.Parse(size.Split(';')[0].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (length == 0)
            {
                while (await ReadLineAsync(cancel) is { Length: > 0 })
                {
                    // A trailer.
                }

                break;
            }

            var chunk = await ReadBodyAsync(length, cancel);
            (bytes, sum) = (bytes + chunk.Bytes, sum + chunk.Sum);
            await ReadLineAsync(cancel);
        }

        return (bytes, sum);
    }

    private async Task<(long Bytes, long Sum)> ReadBodyAsync(long length, CancellationToken cancel)
    {
        var buffer = new byte[(int)Math.Min(Math.Max(length, 1), 64 << 10)];
        var (left, sum) = (length, 0L);
        while (left > 0)
        {
            var read = await _in.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancel);
            if (read == 0)
            {
                throw new InvalidDataException("the body ended early");
            }

            for (var i = 0; i < read; i++)
            {
                sum += buffer[i];
            }

            left -= read;
        }

        return (length, sum);
    }

    private async Task<string?> ReadLineAsync(CancellationToken cancel)
    {
        var line = new StringBuilder();
        while (line.Length < headBytesMax)
        {
            if (await _in.ReadAsync(_one, cancel) == 0)
            {
                return line.Length == 0 ? null : throw new InvalidDataException("the head ended early");
            }

            if (_one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)_one[0]);
        }

        throw new InvalidDataException("the head is too long");
    }
}
