using System.CommandLine;
using System.Runtime.InteropServices;
using Homeostat.Cli.Output;
using Homeostat.Client;
using Homeostat.Client.Wire;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat version</c>: of this program, and of the platform if one answers.</summary>
internal static class VersionCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var command = new Command("version", "Shows the version of this program and of the running platform");
        command.SetAction(async (parsed, cancel) =>
        {
            var platform = await AskAsync(globals, parsed, cancel);
            if (globals.Json(parsed))
            {
                JsonOutput.Write(terminal, platform ?? new VersionInfo(UpVersion.Text, RuntimeInformation.FrameworkDescription, "none", [], default, "", []));
                return ExitCodes.Ok;
            }
            terminal.Out.WriteLine($"homeostat {UpVersion.Text} ({RuntimeInformation.FrameworkDescription})");
            terminal.Out.WriteLine(platform is null
                ? $"no platform answers at {globals.Address(parsed)}"
                : $"platform  {platform.Version}, driver {platform.Driver}, up {Human.Age(terminal.Time.GetUtcNow() - platform.StartedAt)}\ndata      {platform.Data}");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task<VersionInfo?> AskAsync(GlobalOptions globals, ParseResult parsed, CancellationToken cancel)
    {
        try
        {
            using var client = globals.Connect(parsed);
            return await client.VersionAsync(cancel);
        }
        catch (UnreachableException)
        {
            return null;
        }
    }
}
