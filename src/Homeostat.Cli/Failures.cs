using Homeostat.Cli.Output;
using Homeostat.Client;
using Homeostat.Client.Wire;

namespace Homeostat.Cli;

/// <summary>Errors to text on stderr (what happened, what to do) and exit codes.</summary>
internal static class Failures
{
    public static bool TryDescribe(Exception failure, Terminal terminal, out int code)
    {
        code = ExitCodes.Failure;
        switch (failure)
        {
            case ProblemException e:
                Show(terminal, e.Problem, null);
                code = ExitCodes.OfStatus(e.Problem.Status);
                return true;
            case UnreachableException e:
                terminal.Error(e.Message, "Start one with homeostat up, or name it with --server URL, --data DIR or HOMEOSTAT_SERVER.");
                return true;
            case UsageException e:
                terminal.Error(e.Message, e.Remedy);
                code = ExitCodes.Usage;
                return true;
            case FormatException e:
                terminal.Error(e.Message, null);
                code = ExitCodes.Usage;
                return true;
            case OperationCanceledException:
                code = ExitCodes.Failure;
                return true;
            case IOException or UnauthorizedAccessException or InvalidDataException:
                terminal.Error(failure.Message.TrimEnd('.'), null);
                return true;
            default:
                return false;
        }
    }

    /// <param name="file">Of which the errors are; null: unknown.</param>
    public static void Show(Terminal terminal, Problem problem, string? file)
    {
        if (problem.Errors is { Count: > 0 } errors)
        {
            ShowErrors(terminal, file ?? "service file", errors);
            return;
        }
        terminal.Error((file is null ? "" : file + ": ") + (problem.Detail ?? problem.Title), problem.Remedy);
    }

    /// <summary>As compilers write them, so that editors can jump: <c>file:3:7: what is wrong</c>, and the fix below.</summary>
    public static void ShowErrors(Terminal terminal, string file, IEnumerable<ProblemError> errors)
    {
        foreach (var error in errors)
        {
            var place = error.Line == 0 ? file : $"{file}:{error.Line}:{error.Column}";
            var said = Human.Wrap($"{place}: {terminal.ErrShown(error.Message)}", terminal.ErrWidth, "", "  ");
            terminal.Err.WriteLine(said.StartsWith(place + ':', StringComparison.Ordinal) ? terminal.ErrPaint(place + ":", Paint.Bold) + said[(place.Length + 1)..] : said);
            terminal.Err.WriteLine(Human.Wrap(terminal.ErrShown(error.Fix), terminal.ErrWidth, "  "));
        }
    }
}

/// <summary>The command was written wrongly in a way the parser does not see.</summary>
internal sealed class UsageException(string message, string? remedy) : Exception(message)
{
    public string? Remedy { get; } = remedy;
}
