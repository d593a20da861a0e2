using System.CommandLine;
using Homeostat.Cli.Output;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat checkpoint</c>: takes the template image anew.</summary>
internal static class CheckpointCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var service = ServiceArgument.One();
        var timeout = ServiceArgument.Timeout("How long to try");
        var command = new Command("checkpoint", "Takes the process image new instances are made from anew, after a change of files it has read too") { service, timeout };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = globals.Connect(parsed);
            var name = parsed.GetValue(service)!;
            var result = await Progress.ShowAsync(terminal, $"taking the process image of {name}", () => client.CheckpointAsync(globals.Tenant(parsed), name, parsed.GetValue(timeout), cancel));
            if (globals.Json(parsed))
            {
                JsonOutput.Write(terminal, result);
                return ExitCodes.Ok;
            }
            terminal.Out.WriteLine($"{result.Service}@{result.Revision}: taken anew ({Human.Took(result.Seconds)})");
            terminal.Out.WriteLine($"  {ImageReport.Summary(result.Images)}");
            ImageReport.ShowFindings(terminal, result.Images);
            return ExitCodes.Ok;
        });
        return command;
    }
}
