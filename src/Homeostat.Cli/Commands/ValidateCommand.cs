using System.CommandLine;
using Homeostat.Cli.Output;
using Homeostat.Client;
using Homeostat.Client.Wire;

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
            using var client = globals.Connect(parsed);
            var (problems, asked) = (new List<(LocalServiceFile File, Problem? Problem)>(), false);
            foreach (var file in read)
            {
                var (problem, answered) = file.Parsed.Spec is null ? (null, false) : await AskAsync(client, file, cancel);
                problems.Add((file, problem));
                asked |= answered;
            }
            var good = problems.TrueForAll(p => p is { Problem: null, File.Parsed.Errors.Count: 0 });
            if (globals.Json(parsed))
            {
                JsonOutput.Write(terminal, new ValidationResult(good, asked, [.. problems.SelectMany(p => ErrorsOf(p.File, p.Problem))]));
            }
            else
            {
                problems.ForEach(p => Show(terminal, p.File, p.Problem, asked));
            }
            return good ? ExitCodes.Ok : ExitCodes.Failure;
        });
        return command;
    }

    private static void Show(Terminal terminal, LocalServiceFile file, Problem? problem, bool asked)
    {
        if (problem is not null)
        {
            Failures.Show(terminal, problem, file.Name);
        }
        else if (ServiceFiles.Check(terminal, [file]))
        {
            terminal.Out.WriteLine(Human.Wrap($"{file.Name}: ok{(asked ? "" : " (no platform runs: paths and routes were not checked)")}", terminal.Width, "", "  "));
        }
    }

    private static IEnumerable<ValidationError> ErrorsOf(LocalServiceFile file, Problem? problem) => problem switch
    {
        null => file.Parsed.Errors.Select(e => Of(file, ServiceFiles.ToProblem(e))),
        { Errors: { Count: > 0 } errors } => errors.Select(e => Of(file, e)),
        _ => [new ValidationError(file.Name, 0, 0, problem.Code, "", problem.Detail ?? problem.Title, problem.Remedy, null)],
    };

    private static ValidationError Of(LocalServiceFile file, ProblemError e) => new(file.Name, e.Line, e.Column, e.Code, e.Key, e.Message, e.Fix, e.Nearest);

    /// <summary>What the platform has against it; null: nothing, or none answers.</summary>
    private static async Task<(Problem? Problem, bool Asked)> AskAsync(HomeostatClient client, LocalServiceFile file, CancellationToken cancel)
    {
        try
        {
            var spec = file.Parsed.Spec!;
            await client.ApplyAsync(spec.Tenant.Value, spec.Service.Value, file.Text, file.BaseFolder, dryRun: true, cancel);
            return (null, true);
        }
        catch (UnreachableException)
        {
            return (null, false);
        }
        catch (ProblemException e)
        {
            return (e.Problem, true);
        }
    }
}
