using System.CommandLine;
using Homeostat.Cli.Output;
using Homeostat.Client;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat rm</c>.</summary>
internal static class RmCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var services = ServiceArgument.Many();
        var command = new Command("rm", "Removes services: unrouted, instances ended, images deleted") { services };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = globals.Connect(parsed);
            var worst = ExitCodes.Ok;
            foreach (var service in parsed.GetValue(services)!)
            {
                try
                {
                    await Progress.ShowAsync(terminal, $"removing {service}", async () =>
                    {
                        await client.RemoveAsync(globals.Tenant(parsed), service, cancel);
                        return true;
                    });
                    terminal.Out.WriteLine($"{service} removed");
                }
                catch (ProblemException e)
                {
                    Failures.Show(terminal, e.Problem, null);
                    worst = worst == ExitCodes.Ok ? ExitCodes.OfStatus(e.Problem.Status) : worst;
                }
            }
            return worst;
        });
        return command;
    }
}
