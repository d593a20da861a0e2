using System.Diagnostics;

namespace Homeostat.Drivers.Runtime.Oci.Host;

/// <summary>Runs a program of the host to its end, within a time limit, with its error output in the exception.</summary>
internal static class Command
{
    /// <summary>No program that is run this way takes longer than some ms; ten seconds is a hung machine.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    /// <exception cref="IOException">It could not be started, ended with another code than 0, or took too long (it is killed then).</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, string? input, CancellationToken cancel)
    {
        var info = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        using var process = new Process { StartInfo = info };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new IOException($"{program} could not be started: {error.Message}", error);
        }

        using var limit = new CancellationTokenSource(TimeLimit, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(either.Token);
            var errors = process.StandardError.ReadToEndAsync(either.Token);
            if (input is not null)
            {
                await process.StandardInput.WriteAsync(input.AsMemory(), either.Token);
            }

            process.StandardInput.Close();
            await process.WaitForExitAsync(either.Token);
            return process.ExitCode == 0
                ? await output
                : throw new IOException($"{program} ended with {process.ExitCode}: {(await errors).Trim()}");
        }
        catch (OperationCanceledException error)
        {
            process.Kill(entireProcessTree: true);
            cancel.ThrowIfCancellationRequested();
            throw new IOException($"{program} took longer than {TimeLimit.TotalSeconds:0} s", error);
        }
    }
}
