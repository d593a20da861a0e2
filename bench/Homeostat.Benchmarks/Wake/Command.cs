using System.Diagnostics;

namespace Homeostat.Benchmarks.Wake;

/// <summary>Runs a program to its end; its output is read so that it never blocks.</summary>
internal static class Command
{
    /// <exception cref="InvalidOperationException">It could not be started or ended with another code than 0; the text carries what it wrote to stderr.</exception>
    public static string Run(string program, IEnumerable<string> args, IReadOnlyDictionary<string, string>? env = null, string? folder = null)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder ?? "",
        };
        foreach (var arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        foreach (var (key, value) in env ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {error.GetAwaiter().GetResult().Trim()}");
    }
}
