using System.CommandLine;
using Homeostat.Cli.Output;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat freeze</c>.</summary>
internal static class FreezeCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var service = ServiceArgument.One();
        var timeout = ServiceArgument.Timeout("How long to try");
        var command = new Command("freeze", "Freezes the instances of a service: no CPU, memory kept") { service, timeout };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = globals.Connect(parsed);
            var name = parsed.GetValue(service)!;
            var result = await Progress.ShowAsync(terminal, $"freeze {name}", () => client.SleepAsync(globals.Tenant(parsed), name, "frozen", parsed.GetValue(timeout), cancel));
            TierReport.Show(terminal, result, globals.Json(parsed));
            return ExitCodes.Ok;
        });
        return command;
    }
}
