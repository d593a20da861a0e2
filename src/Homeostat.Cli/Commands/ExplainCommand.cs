using System.CommandLine;
using Homeostat.Cli.Output;
using Homeostat.Client.Wire;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat explain</c>: why a service is as it is.</summary>
internal static class ExplainCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var service = ServiceArgument.One();
        var count = new Option<int>("--decisions", "-n") { Description = "How many of the last decisions to show", DefaultValueFactory = _ => 10, HelpName = "COUNT" };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "With inputs and alternatives of each decision" };
        var command = new Command("explain", "Explains a service: why it runs, who woke it, why it has not gone to sleep") { service, count, verbose };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = globals.Connect(parsed);
            var explanation = await client.ExplainAsync(globals.Tenant(parsed), parsed.GetValue(service)!, cancel);
            if (globals.Json(parsed))
            {
                JsonOutput.Write(terminal, explanation);
                return ExitCodes.Ok;
            }
            foreach (var (question, answer) in explanation.Answers)
            {
                terminal.Out.WriteLine(terminal.OutPaint(question, Paint.Bold));
                terminal.Out.WriteLine(Human.Wrap(answer, terminal.Width, "  "));
            }
            var decisions = explanation.Decisions.TakeLast(Math.Max(0, parsed.GetValue(count))).ToList();
            if (decisions.Count > 0)
            {
                terminal.Out.WriteLine();
                ShowDecisions(terminal, decisions, parsed.GetValue(verbose));
            }
            return ExitCodes.Ok;
        });
        return command;
    }

    private static void ShowDecisions(Terminal terminal, List<DecisionInfo> decisions, bool verbose)
    {
        if (!verbose)
        {
            var table = new TextTable(new("AT"), new("ACTION"), new("TRIGGER", Shrinks: true), new("REASON", Shrinks: true));
            foreach (var d in decisions)
            {
                table.Row($"{d.At.ToLocalTime():HH:mm:ss.fff}", d.Action, d.Trigger, d.Failure is null ? d.Reason : new TextCell($"{d.Reason}: {d.Failure}", Paint.Red));
            }
            table.WriteTo(terminal);
            return;
        }
        foreach (var d in decisions)
        {
            terminal.Out.WriteLine($"{d.At.ToLocalTime():HH:mm:ss.fff}  {terminal.OutPaint(d.Action, Paint.Bold)}  {d.Instance}");
            terminal.Out.WriteLine(Human.Wrap($"{d.Reason} ({d.Trigger})", terminal.Width, "  "));
            if (d.Failure is not null)
            {
                terminal.Out.WriteLine(Human.Wrap($"failed: {d.Failure}. {d.Remedy}", terminal.Width, "  "));
            }
            if (d.Inputs.Count > 0)
            {
                terminal.Out.WriteLine(Human.Wrap("inputs: " + string.Join(", ", d.Inputs.Select(i => $"{i.Key}={i.Value}")), terminal.Width, "  "));
            }
            foreach (var alternative in d.Alternatives)
            {
                terminal.Out.WriteLine(Human.Wrap("not " + alternative, terminal.Width, "  "));
            }
            if (d.Until is { } until)
            {
                terminal.Out.WriteLine($"  until {until.ToLocalTime():HH:mm:ss}");
            }
        }
    }
}
