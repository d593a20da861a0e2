using System.Diagnostics;
using System.Globalization;

namespace Homeostat.Drivers.Runtime.Oci.Keeper;

/// <summary>Starts keepers. A keeper goes on when the platform ends; connect to it again with <see cref="KeeperClient"/>.</summary>
internal static class KeeperProcess
{
    /// <summary>Its command line, for callers who start it themselves.</summary>
    public static IReadOnlyList<string> Arguments(KeeperSettings settings)
    {
        List<string> arguments =
        [
            "--id", settings.Id, "--dir", settings.Directory, "--bundle", settings.Bundle, "--runtime", settings.Runtime,
            "--runtime-root", settings.RuntimeRoot, "--criu", settings.Criu ?? "", "--run-dir", settings.RunDirectory,
            "--log-size", settings.LogBytesMax.ToString(CultureInfo.InvariantCulture),
            "--log-files", settings.LogFilesMax.ToString(CultureInfo.InvariantCulture),
        ];
        if (!settings.ControlGroups)
        {
            arguments.Add("--no-cgroups");
        }

        foreach (var root in settings.ImageRoots)
        {
            arguments.Add("--images");
            arguments.Add(root);
        }

        return arguments;
    }

    /// <summary>
    /// Makes the cell and returns when it stands (about 15 ms with crun, 35 ms with runc). Blocks, and starts the keeper from the calling
    /// thread, whose mount namespace it and the cell's root come from.
    /// </summary>
    /// <exception cref="IOException">The cell could not be made; the message has the keeper's or the runtime's words.</exception>
    public static void Spawn(KeeperSettings settings)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(settings.Keeper, Arguments(settings))
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                RedirectStandardInput = true,
                WorkingDirectory = "/",
            },
        };
        process.Start();
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new IOException($"the cell could not be made: {error.Trim()}");
        }
    }
}
