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
        var count = ServiceArgument.Count("--decisions", "-n", "How many of the last decisions to show", 10, 256);
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
                terminal.Out.WriteLine(Human.Wrap(terminal.Shown(answer), terminal.TextWidth, "  "));
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
        if (verbose)
        {
            decisions.ForEach(d => ShowAll(terminal, d));
            return;
        }
        var (action, trigger) = (Width("ACTION", 10, d => d.Action), Width("TRIGGER", 20, d => d.Trigger));
        terminal.Out.WriteLine(terminal.OutPaint($"{"AT",-12}  {"ACTION".PadRight(action)}  {"TRIGGER".PadRight(trigger)}  REASON", Paint.Bold));
        string? shown = null;
        foreach (var d in decisions)
        {
            var text = d.Failure is not null && d.Failure == shown ? d.Reason : Reason(d);
            shown = d.Failure ?? shown;
            var start = $"{d.At.ToLocalTime():HH:mm:ss.fff}  {Human.Cut(d.Action, action).PadRight(action)}  {Human.Cut(terminal.Shown(d.Trigger), trigger).PadRight(trigger)}  ";
            var reason = Human.Wrap(terminal.Shown(text), terminal.TextWidth, new string(' ', start.Length))[start.Length..];
            terminal.Out.WriteLine(start + string.Join('\n', reason.Split('\n').Select(line => d.Failure is null ? line : terminal.OutPaint(line, Paint.Red))));
        }

        int Width(string heading, int most, Func<DecisionInfo, string> of) => Math.Min(most, decisions.Max(d => Math.Max(heading.Length, of(d).Length)));
    }

    /// <summary>The failure behind it, unless that is what the reason says.</summary>
    private static string Reason(DecisionInfo d) => d.Failure is not { } failure || d.Reason.Contains(failure, StringComparison.Ordinal) || failure.Contains(d.Reason, StringComparison.Ordinal)
        ? d.Reason
        : $"{d.Reason}: {failure}";

    private static void ShowAll(Terminal terminal, DecisionInfo d)
    {
        terminal.Out.WriteLine($"{d.At.ToLocalTime():HH:mm:ss.fff}  {terminal.OutPaint(d.Action, Paint.Bold)}  {d.Instance}".TrimEnd());
        Line($"{Reason(d)} ({d.Trigger})");
        if (d.Remedy is { } remedy && !d.Reason.Contains(remedy, StringComparison.Ordinal))
        {
            Line("-> " + remedy);
        }
        if (d.Inputs.Count > 0)
        {
            Line("inputs: " + string.Join(", ", d.Inputs.Select(i => $"{i.Key}={i.Value}")));
        }
        foreach (var alternative in d.Alternatives)
        {
            Line("not " + alternative);
        }
        if (d.Until is { } until)
        {
            Line($"until {until.ToLocalTime():HH:mm:ss}");
        }

        void Line(string text) => terminal.Out.WriteLine(Human.Wrap(terminal.Shown(text), terminal.TextWidth, "  ", "    "));
    }
}
