using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Homeostat.Drivers.Runtime.Oci.Host;
using Homeostat.Drivers.Runtime.Oci.Native;

namespace Homeostat.Drivers.Runtime.Oci.Rootless;

/// <summary>
/// Lets a user without root run containers: replaces this process by the launcher (<c>native/rootless</c>), which executes the same command again where the user is
/// root of a user and a network namespace. See docs/adr/0004-rootless.md.
/// </summary>
public static class RootlessLauncher
{
    /// <summary>This process is not root, neither of the host nor of a namespace.</summary>
    public static bool IsNeeded => Libc.EffectiveUser() != 0;

    /// <summary>The user on the host that the launcher started this process for, from HOMEOSTAT_ROOTLESS; null: it did not.</summary>
    public static uint? StartedBy { get; } =
        uint.TryParse(Environment.GetEnvironmentVariable("HOMEOSTAT_ROOTLESS"), NumberStyles.None, CultureInfo.InvariantCulture, out var user) ? user : null;

    /// <summary>Tries it and executes nothing.</summary>
    /// <returns>Null: it works. Else what is in the way, and the remedy.</returns>
    public static async Task<HostCheck?> CheckAsync(CancellationToken cancel)
    {
        if (Find() is not { } launcher)
        {
            return Missing;
        }

        try
        {
            await Command.RunAsync(launcher, ["--check"], null, cancel);
            return null;
        }
        catch (IOException error)
        {
            return Refusal(error.Message);
        }
    }

    /// <summary>Executes this process's own command in the namespaces; on success it does not return.</summary>
    /// <param name="listen">Opened before, in the network of the host: "listen".</param>
    /// <param name="admin">Opened likewise: "admin".</param>
    /// <exception cref="IOException">There is no launcher, or it can't be executed.</exception>
    public static void Enter(string dataDirectory, IEnumerable<IPEndPoint> listen, IPEndPoint? admin)
    {
        var launcher = Find() ?? throw new IOException(Missing.What);
        List<string> arguments = [launcher, "--data", dataDirectory];
        foreach (var endpoint in listen)
        {
            arguments.AddRange(["--listen", endpoint.ToString()]);
        }

        if (admin is not null)
        {
            arguments.AddRange(["--admin", admin.ToString()]);
        }

        arguments.AddRange(["--", .. OwnCommand()]);
        Libc.Execute(launcher, [.. arguments, null]);
        throw new IOException($"{launcher} could not be executed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    private static HostCheck Missing { get; } = new(
        "root", CheckOutcome.Failed, "containers need root, or the launcher for users without it, which is not found (libexec/rootless)", "./run publish makes it; or run homeostat as root");

    private static string? Find() =>
        Libexec.Find(null) is { } libexec && Path.Combine(libexec, "rootless") is var launcher && File.Exists(launcher) ? launcher : null;

    /// <summary>The launcher's two lines, what happened and what to do, behind the words of whoever ran it.</summary>
    internal static HostCheck Refusal(string message)
    {
        const string mark = "error: ";
        var lines = message[(message.IndexOf(mark, StringComparison.Ordinal) is var at and >= 0 ? at + mark.Length : 0)..].Split('\n', 2);
        return new HostCheck("root", CheckOutcome.Failed, lines[0].Trim(), lines is [_, var remedy] ? remedy.Trim() : "run homeostat as root");
    }

    /// <summary>Program and arguments of this process; of a program that the .NET host runs, also its assembly.</summary>
    private static IEnumerable<string> OwnCommand()
    {
        var arguments = Environment.GetCommandLineArgs();
        var program = Environment.ProcessPath!;
        return Path.GetFileName(program) == "dotnet" ? [program, .. arguments] : [program, .. arguments[1..]];
    }
}
