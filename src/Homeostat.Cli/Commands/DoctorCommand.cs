using System.CommandLine;
using Homeostat.Cli.Output;
using Homeostat.Client;
using Homeostat.Client.Wire;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat doctor</c>: what works on this host, what does not, and the remedy of each.</summary>
internal static class DoctorCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var command = new Command("doctor", "Checks the host and the platform, with a remedy for each thing that is missing");
        command.SetAction(async (parsed, cancel) =>
        {
            var report = await ExamineAsync(globals, parsed, cancel);
            if (globals.Json(parsed))
            {
                JsonOutput.Write(terminal, report);
            }
            else
            {
                Show(terminal, report);
            }
            return report.Checks.Any(c => c.State == "failed") ? ExitCodes.Failure : ExitCodes.Ok;
        });
        return command;
    }

    private static async Task<DoctorReport> ExamineAsync(GlobalOptions globals, ParseResult parsed, CancellationToken cancel)
    {
        var address = globals.Address(parsed);
        try
        {
            using var client = new HomeostatClient(address);
            return await client.DoctorAsync(cancel);
        }
        catch (UnreachableException)
        {
            return await UpDoctor.ExamineHostAsync(address, parsed.GetValue(globals.Data), cancel);
        }
    }

    private static void Show(Terminal terminal, DoctorReport report)
    {
        var name = report.Checks.Max(c => c.Name.Length);
        foreach (var check in report.Checks)
        {
            var mark = terminal.OutPaint($"{check.State,-7}", Paint.OfState(check.State));
            var found = Human.Wrap(check.Found, terminal.Width, new string(' ', name + 11)).TrimStart();
            terminal.Out.WriteLine($"{check.Name.PadRight(name)}  {mark}  {found}");
            if (check.Remedy is { } remedy && check.State != "ok")
            {
                terminal.Out.WriteLine(Human.Wrap("-> " + remedy, terminal.Width, new string(' ', name + 11), new string(' ', name + 14)));
            }
        }
        var (failed, reduced) = (report.Checks.Count(c => c.State == "failed"), report.Checks.Count(c => c.State == "reduced"));
        terminal.Out.WriteLine();
        terminal.Out.WriteLine((failed, reduced) switch
        {
            (0, 0) => $"All {report.Checks.Count} checks are ok.",
            (0, _) => $"Works, with less: {reduced} of {report.Checks.Count} checks are reduced.",
            _ => $"{failed} of {report.Checks.Count} checks failed; see the remedies above.",
        });
    }
}
