using System.CommandLine;
using System.CommandLine.Help;
using Homeostat.Cli.Commands;
using Homeostat.Cli.Output;

namespace Homeostat.Cli;

/// <summary>The command <c>homeostat</c>: its verbs, and how whatever happens becomes text and an exit code.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] arguments, Terminal terminal, CancellationToken cancel)
    {
        var parsed = Build(terminal).Parse(arguments);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
        {
            // Of an unknown verb the library says also that one is missing; once is enough.
            foreach (var error in parsed.Errors.Skip(parsed.UnmatchedTokens.Count > 0 && parsed.Errors.Count > 1 ? 1 : 0))
            {
                terminal.Error(string.Join(' ', error.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.'), null);
            }
            terminal.Err.WriteLine($"See {string.Join(' ', Names(parsed.CommandResult).Reverse())} --help.");
            return ExitCodes.Usage;
        }
        // By itself the library ends a program 2 s after a signal. `up` hears signals itself (StopSignals), and its clean stop takes what it takes.
        TimeSpan? signalLimit = parsed.CommandResult.Command.Name == "up" ? null : TimeSpan.FromSeconds(2);
        var configuration = new InvocationConfiguration
        {
            Output = terminal.Out, Error = terminal.Err, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = signalLimit,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, cancel);
        }
        catch (Exception e) when (Failures.TryDescribe(e, terminal, out var code))
        {
            return code;
        }
    }

    private static RootCommand Build(Terminal terminal)
    {
        var globals = new GlobalOptions();
        var root = new RootCommand("Runs your containers only while there is work for them.")
        {
            UpCommand.Build(terminal, globals),
            ApplyCommand.Build(terminal, globals),
            ValidateCommand.Build(terminal, globals),
            LsCommand.Build(terminal, globals),
            PsCommand.Build(terminal, globals),
            InspectCommand.Build(terminal, globals),
            RmCommand.Build(terminal, globals),
            WakeCommand.Build(terminal, globals),
            SleepCommand.Build(terminal, globals),
            FreezeCommand.Build(terminal, globals),
            CheckpointCommand.Build(terminal, globals),
            LogsCommand.Build(terminal, globals),
            EventsCommand.Build(terminal, globals),
            ExplainCommand.Build(terminal, globals),
            DoctorCommand.Build(terminal, globals),
            ForecastCommand.Build(terminal, globals),
            ReplayCommand.Build(terminal, globals),
            VersionCommand.Build(terminal, globals),
        };
        globals.AddTo(root);
        return root;
    }

    private static IEnumerable<string> Names(System.CommandLine.Parsing.SymbolResult? result)
    {
        for (; result is not null; result = result.Parent)
        {
            if (result is System.CommandLine.Parsing.CommandResult command)
            {
                yield return command.Command is RootCommand ? "homeostat" : command.Command.Name;
            }
        }
    }
}
