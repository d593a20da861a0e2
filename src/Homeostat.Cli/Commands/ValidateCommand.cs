using System.CommandLine;
using Homeostat.Cli.Output;
using Homeostat.Client;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat validate</c>: says all that is wrong in service files; asks a running platform too (paths, commands, routes of others).</summary>
internal static class ValidateCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var files = new Option<string[]>("--file", "-f") { Description = "Service file, folder of service files, or - for standard input; several are allowed", Required = true, HelpName = "FILE", AllowMultipleArgumentsPerToken = true };
        var command = new Command("validate", "Checks service files, with a running platform also against its host") { files };
        command.SetAction(async (parsed, cancel) =>
        {
            var read = ServiceFiles.Read(parsed.GetValue(files)!, terminal.In);
            var good = ServiceFiles.Check(terminal, read);
            using var client = globals.Connect(parsed);
            foreach (var file in read.Where(f => f.Parsed.Spec is not null))
            {
                var (ok, asked) = await AskAsync(terminal, client, file, cancel);
                good &= ok;
                if (ok)
                {
                    terminal.Out.WriteLine($"{file.Name}: ok{(asked ? "" : " (no platform runs: paths and routes were not checked)")}");
                }
            }
            return good ? ExitCodes.Ok : ExitCodes.Failure;
        });
        return command;
    }

    private static async Task<(bool Ok, bool Asked)> AskAsync(Terminal terminal, HomeostatClient client, LocalServiceFile file, CancellationToken cancel)
    {
        try
        {
            var spec = file.Parsed.Spec!;
            await client.ApplyAsync(spec.Tenant.Value, spec.Service.Value, file.Text, file.BaseFolder, dryRun: true, cancel);
            return (true, true);
        }
        catch (UnreachableException)
        {
            return (true, false);
        }
        catch (ProblemException e)
        {
            Failures.Show(terminal, e.Problem, file.Name);
            return (false, true);
        }
    }
}
