using System.CommandLine;
using Homeostat.Cli.Output;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat sleep</c>: down the tier ladder at once.</summary>
internal static class SleepCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var service = ServiceArgument.One();
        var to = new Option<string>("--to") { Description = "How deep: frozen (memory kept), image (on disk) or stopped", HelpName = "frozen|image|stopped", DefaultValueFactory = _ => "image" };
        to.AcceptOnlyFromAmong("frozen", "image", "stopped");
        var timeout = ServiceArgument.Timeout("How long to try");
        var command = new Command("sleep", "Puts a service to sleep; returns when it is, or says why not") { service, to, timeout };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = globals.Connect(parsed);
            var (name, tier) = (parsed.GetValue(service)!, parsed.GetValue(to)!);
            var result = await Progress.ShowAsync(terminal, $"{name} to {tier}", () => client.SleepAsync(globals.Tenant(parsed), name, tier, parsed.GetValue(timeout), cancel));
            TierReport.Show(terminal, result, globals.Json(parsed));
            return ExitCodes.Ok;
        });
        return command;
    }
}
