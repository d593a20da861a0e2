using System.CommandLine;
using System.Globalization;
using Homeostat.Cli.Output;
using Homeostat.Client.Wire;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat events</c>: what happened on the platform.</summary>
internal static class EventsCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var service = ServiceArgument.Optional();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on as events come" };
        var after = new Option<string?>("--after") { Description = "Only after the event with this id (-o json shows ids)", HelpName = "ID" };
        after.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var id }] && !IsId(id))
            {
                result.AddError($"--after is {id}; it must be the id of an event, as events -o json shows it");
            }
        });
        var command = new Command("events", "Shows what happened: applies, wakes, sleeps, decisions") { service, follow, after };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = globals.Connect(parsed);
            var (only, going) = (parsed.GetValue(service), parsed.GetValue(follow));
            if (only is not null && going)
            {
                await client.ServiceAsync(globals.Tenant(parsed), only, cancel);
            }
            var any = false;
            var code = await Follow.RunAsync(client.EventsAsync(parsed.GetValue(after), going, cancel), happened =>
            {
                if (only is null || happened.Service == only)
                {
                    any = true;
                    Show(terminal, happened, globals.Json(parsed));
                }
            }, going);
            if (only is not null && !any && code == ExitCodes.Ok)
            {
                // Of a service that was removed there may be events; without any it must at least exist.
                await client.ServiceAsync(globals.Tenant(parsed), only, cancel);
            }
            return code;
        });
        return command;
    }

    private static void Show(Terminal terminal, EventInfo happened, bool json)
    {
        if (json)
        {
            JsonOutput.WriteLine(terminal, happened);
            return;
        }
        var line = $"{happened.At.ToLocalTime():HH:mm:ss.fff}  {happened.Type,-16}  {happened.Service ?? "-",-12}  ";
        terminal.Out.WriteLine(terminal.OutPaint(line, Paint.Dim) + Human.Cut(terminal.Shown(happened.Text), terminal.Width is { } width ? Math.Max(20, width - line.Length) : null));
    }

    /// <summary>Run and number: <c>19a8c2d6f01-42</c>.</summary>
    private static bool IsId(string text) => text.Split('-') is [{ Length: > 0 } run, var number]
        && run.All(char.IsAsciiHexDigitLower) && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
