using System.CommandLine;
using Homeostat.Cli.Output;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat logs</c>: what the instances of a service wrote.</summary>
internal static class LogsCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var service = ServiceArgument.One();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on as lines come, of new instances too" };
        var tail = ServiceArgument.Count("--tail", "-n", "Lines of the past", 100, 100_000);
        var instance = new Option<string?>("--instance") { Description = "Only of this instance", HelpName = "ID" };
        var times = new Option<bool>("--timestamps", "-t") { Description = "With the time of each line" };
        var command = new Command("logs", "Shows what a service wrote to stdout and stderr") { service, follow, tail, instance, times };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = globals.Connect(parsed);
            var lines = client.LogsAsync(globals.Tenant(parsed), parsed.GetValue(service)!, parsed.GetValue(instance), parsed.GetValue(tail), parsed.GetValue(follow), cancel);
            var any = false;
            var code = await Follow.RunAsync(lines, line =>
            {
                any = true;
                if (globals.Json(parsed))
                {
                    JsonOutput.WriteLine(terminal, line);
                    return;
                }
                var time = parsed.GetValue(times) ? $"{line.At:yyyy-MM-ddTHH:mm:ss.fffZ} " : "";
                var shown = terminal.Shown(line.Text);
                var text = line.Stream == "stderr" ? terminal.OutPaint(shown, Paint.Yellow) : shown;
                terminal.Out.WriteLine($"{terminal.OutPaint(time + line.Instance + " |", Paint.Dim)} {text}");
            }, parsed.GetValue(follow));
            if (!any && code == ExitCodes.Ok && !globals.Json(parsed))
            {
                terminal.Err.WriteLine(Human.Wrap($"no lines: no instance of {parsed.GetValue(service)} wrote any, or its logs are gone (those of the last 3 instances that ended are kept)", terminal.ErrWidth, ""));
            }
            return code;
        });
        return command;
    }
}
