using System.CommandLine;
using Homeostat.Cli.Output;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat events</c>: what happened on the platform.</summary>
internal static class EventsCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var service = new Argument<string?>("service") { Description = "Only of this service", Arity = ArgumentArity.ZeroOrOne };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on as events come" };
        var after = new Option<string?>("--after") { Description = "Only after the event with this id", HelpName = "ID" };
        var command = new Command("events", "Shows what happened: applies, wakes, sleeps, decisions") { service, follow, after };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = globals.Connect(parsed);
            var only = parsed.GetValue(service);
            var events = client.EventsAsync(parsed.GetValue(after), parsed.GetValue(follow), cancel);
            return await Follow.RunAsync(events, happened =>
            {
                if (only is not null && happened.Service != only)
                {
                    return;
                }
                if (globals.Json(parsed))
                {
                    JsonOutput.WriteLine(terminal, happened);
                    return;
                }
                var line = $"{happened.At.ToLocalTime():HH:mm:ss.fff}  {happened.Type,-18} {happened.Service ?? "-",-14} ";
                var room = terminal.Width is { } width ? Math.Max(20, width - line.Length) : int.MaxValue;
                var text = happened.Text.Length <= room ? happened.Text : happened.Text[..(room - 1)] + "…";
                terminal.Out.WriteLine(terminal.OutPaint(line, Paint.Dim) + text);
            }, parsed.GetValue(follow));
        });
        return command;
    }
}
