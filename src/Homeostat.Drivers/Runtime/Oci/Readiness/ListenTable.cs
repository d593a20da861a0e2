using System.Globalization;
using System.Net;
using Microsoft.Win32.SafeHandles;

namespace Homeostat.Drivers.Runtime.Oci.Readiness;

/// <summary>
/// Which TCP addresses are listened on in a cell's network namespace, read from the kernel's table: nothing is sent, so the program sees nothing.
/// One look costs about 15 us; the files stay open between looks.
/// </summary>
internal sealed class ListenTable : IDisposable
{
    /// <summary>State "listen" in the fourth column.</summary>
    private const string Listening = "0A";

    private readonly SafeFileHandle[] _files;
    private readonly byte[] _buffer = new byte[64 << 10];

    /// <param name="pid">Any process of the namespace.</param>
    /// <exception cref="IOException">The process is gone.</exception>
    public ListenTable(int pid) =>
        _files = [.. new[] { $"/proc/{pid}/net/tcp", $"/proc/{pid}/net/tcp6" }.Where(File.Exists).Select(path => File.OpenHandle(path))];

    /// <summary>All of them; with at most some hundred sockets one read gets the whole table.</summary>
    public IReadOnlyList<IPEndPoint> Read()
    {
        List<IPEndPoint> found = [];
        foreach (var file in _files)
        {
            var length = 0;
            while (length < _buffer.Length && RandomAccess.Read(file, _buffer.AsSpan(length), length) is var count and > 0)
            {
                length += count;
            }

            Parse(System.Text.Encoding.ASCII.GetString(_buffer, 0, length), found);
        }

        return found;
    }

    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.Dispose();
        }
    }

    /// <summary>Lines are <c>sl local_address rem_address st ...</c>; an address is hex words in host byte order, then the port.</summary>
    internal static void Parse(string table, List<IPEndPoint> into)
    {
        foreach (var line in table.Split('\n').Skip(1))
        {
            var fields = line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 5 && fields[3] == Listening && fields[1].Split(':') is [var address, var port])
            {
                into.Add(new IPEndPoint(ParseAddress(address), int.Parse(port, NumberStyles.HexNumber)));
            }
        }
    }

    private static IPAddress ParseAddress(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        for (var word = 0; word < bytes.Length; word += 4)
        {
            bytes.AsSpan(word, 4).Reverse();
        }

        return new IPAddress(bytes);
    }
}
