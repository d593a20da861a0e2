using System.Text;

namespace Homeostat.Drivers.Runtime.Oci.Logs;

/// <summary>Complete lines of a file that another process appends to; the beginning of a line waits for its end. A missing file has none.</summary>
internal sealed class GrowingFile(string path) : IDisposable
{
    private readonly MemoryStream _begun = new();
    private FileStream? _stream;

    public void SkipToEnd() => Open()?.Seek(0, SeekOrigin.End);

    public IReadOnlyList<string> ReadLines()
    {
        List<string> lines = [];
        if (Open() is not { } stream)
        {
            return lines;
        }

        var buffer = new byte[32 << 10];
        while (stream.Read(buffer) is var count and > 0)
        {
            foreach (var one in buffer.AsSpan(0, count))
            {
                if (one != '\n')
                {
                    _begun.WriteByte(one);
                    continue;
                }

                lines.Add(Encoding.UTF8.GetString(_begun.GetBuffer(), 0, (int)_begun.Length));
                _begun.SetLength(0);
            }
        }

        return lines;
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _begun.Dispose();
    }

    private FileStream? Open()
    {
        try
        {
            return _stream ??= new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
