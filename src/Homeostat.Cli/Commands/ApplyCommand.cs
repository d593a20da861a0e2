using System.CommandLine;
using Homeostat.Cli.Output;
using Homeostat.Client;
using Homeostat.Client.Wire;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat apply</c>: makes service files current; with --wait also ready once.</summary>
internal static class ApplyCommand
{
    private static readonly TimeSpan WaitDefault = TimeSpan.FromMinutes(5);

    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var files = new Option<string[]>("--file", "-f") { Description = "Service file, folder of service files, or - for standard input; several are allowed", Required = true, HelpName = "FILE", AllowMultipleArgumentsPerToken = true };
        var wait = new Option<bool>("--wait") { Description = "Return when it was ready once and its process image is taken" };
        var timeout = ServiceArgument.Timeout("How long --wait waits for each");
        timeout.Description = "How long --wait waits for each (default 5m)";
        var dryRun = new Option<bool>("--dry-run") { Description = "Check against the platform, change nothing" };
        var command = new Command("apply", "Applies service files: durable and routed on return") { files, wait, timeout, dryRun };
        command.SetAction(async (parsed, cancel) =>
        {
            var read = ServiceFiles.Read(parsed.GetValue(files)!, terminal.In);
            if (!ServiceFiles.Check(terminal, read))
            {
                return ExitCodes.Failure;
            }
            using var client = globals.Connect(parsed);
            var gateway = (await client.VersionAsync(cancel)).Gateway;
            var (results, worst) = (new List<ApplyResult>(), ExitCodes.Ok);
            foreach (var file in read)
            {
                var code = await ApplyAsync(terminal, client, file, parsed.GetValue(dryRun), globals.Json(parsed) ? null : gateway, results, cancel);
                if (code == ExitCodes.Ok && parsed.GetValue(wait) && !parsed.GetValue(dryRun))
                {
                    code = await WaitAsync(terminal, client, results[^1], parsed.GetValue(timeout) ?? WaitDefault, globals.Json(parsed), cancel);
                }
                worst = worst == ExitCodes.Ok ? code : worst;
            }
            if (globals.Json(parsed))
            {
                JsonOutput.Write(terminal, results);
            }
            return worst;
        });
        return command;
    }

    private static async Task<int> ApplyAsync(
        Terminal terminal, HomeostatClient client, LocalServiceFile file, bool dryRun, IReadOnlyList<string>? gateway, List<ApplyResult> results, CancellationToken cancel)
    {
        try
        {
            var spec = file.Parsed.Spec!;
            var result = await client.ApplyAsync(spec.Tenant.Value, spec.Service.Value, file.Text, file.BaseFolder, dryRun, cancel);
            results.Add(result);
            if (gateway is not null)
            {
                var done = (result.Changed, dryRun) switch { (false, _) => "unchanged", (true, true) => "would be applied", _ => "applied" };
                terminal.Out.WriteLine($"{result.Service}@{result.Revision} {done}  {terminal.OutPaint(UrlOf(result.Routes[0], gateway), Paint.Dim)}".TrimEnd());
            }
            return ExitCodes.Ok;
        }
        catch (ProblemException e)
        {
            Failures.Show(terminal, e.Problem, file.Name);
            return ExitCodes.OfStatus(e.Problem.Status);
        }
    }

    /// <summary>Its process image; where it can't have one, that it runs.</summary>
    private static async Task<int> WaitAsync(Terminal terminal, HomeostatClient client, ApplyResult applied, TimeSpan timeout, bool quiet, CancellationToken cancel)
    {
        try
        {
            // Said after the spinner is gone: it would wipe the line.
            var said = await Progress.ShowAsync(terminal, $"{applied.Service}@{applied.Revision}: starting it and taking its process image", async () =>
            {
                try
                {
                    var images = (await client.CheckpointAsync(applied.Tenant, applied.Service, timeout, cancel, keep: true)).Images;
                    return $"ready; {ImageReport.Summary(images)}{(images.ClonesAllowed || images.Reason is null ? "" : $" ({images.Reason})")}";
                }
                catch (ProblemException e) when (e.Problem.Code is "tier-not-reached")
                {
                    await client.WakeAsync(applied.Tenant, applied.Service, timeout, cancel);
                    return $"ready; no process image: {e.Problem.Detail}";
                }
            });
            if (!quiet)
            {
                terminal.Out.WriteLine(Human.Wrap(terminal.Shown(said), terminal.Width, "  "));
            }
            return ExitCodes.Ok;
        }
        catch (ProblemException e)
        {
            Failures.Show(terminal, e.Problem, null);
            return ExitCodes.OfStatus(e.Problem.Status);
        }
    }

    private static string UrlOf(string route, IReadOnlyList<string> gateway)
    {
        var (slash, host) = (route.IndexOf('/'), route);
        var path = "/";
        if (slash >= 0)
        {
            (host, path) = (route[..slash], route[slash..]);
        }
        var port = gateway.Count == 0 || !Uri.TryCreate(gateway[0], UriKind.Absolute, out var url) || url.IsDefaultPort ? "" : $":{url.Port}";
        return $"http://{host}{port}{path}";
    }
}
