using Homeostat.Cli.Output;
using Homeostat.Core.Replay.Traces;

namespace Homeostat.Cli.Commands;

/// <summary>Past demand as a command line names it: a file, or <c>-</c> for standard input; either plain or gzip.</summary>
internal static class TraceFile
{
    /// <exception cref="UsageException">There is no such file.</exception>
    public static TraceReading Read(Terminal terminal, string name, TraceLimits? limits = null)
    {
        if (name == "-")
        {
            // The bytes below the text, of which nothing was read yet: gzip is no text.
            return terminal.In is StreamReader input ? TraceReader.Read(input.BaseStream, limits) : TraceReader.Read(terminal.In, limits);
        }
        using var bytes = Open(name, "Name a trace, or - for standard input.");
        return TraceReader.Read(bytes, limits);
    }

    /// <exception cref="UsageException">There is no such file.</exception>
    public static FileStream Open(string name, string remedy)
    {
        // Not File.Exists alone: pipes and devices (/dev/stdin, <(...) of a shell) are traces too.
        return Directory.Exists(name) ? throw new UsageException($"{name} is a directory", remedy)
            : File.Exists(name) ? File.OpenRead(name)
            : throw new UsageException($"{name} does not exist", remedy);
    }
}
