using System.CommandLine;
using Homeostat.Cli.Output;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat wake</c>.</summary>
internal static class WakeCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var service = ServiceArgument.One();
        var timeout = ServiceArgument.Timeout("How long to try");
        var command = new Command("wake", "Starts or wakes a service; returns when an instance is ready") { service, timeout };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = globals.Connect(parsed);
            var name = parsed.GetValue(service)!;
            var result = await Progress.ShowAsync(terminal, $"wake {name}", () => client.WakeAsync(globals.Tenant(parsed), name, parsed.GetValue(timeout), cancel));
            TierReport.Show(terminal, result, globals.Json(parsed));
            return ExitCodes.Ok;
        });
        return command;
    }
}
