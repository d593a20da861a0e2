using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Homeostat.Cli.Output;
using Homeostat.Client.Wire;
using Homeostat.Core.Replay;
using Homeostat.Core.Replay.Traces;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat replay</c>: what policies would have done with past demand. Needs a platform only for --service.</summary>
internal static class ReplayCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var trace = new Argument<string?>("trace") { Arity = ArgumentArity.ZeroOrOne, Description = "File with past demand: counts or times of requests, an access log; plain or gzip; - for standard input" };
        var options = new ReplayOptions();
        var command = new Command("replay", "Plays past demand in virtual time under the live regulator and under the policies of others") { trace };
        options.AddTo(command);
        command.SetAction((parsed, cancel) => RunAsync(parsed, terminal, globals, parsed.GetValue(trace), options, cancel));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Terminal terminal, GlobalOptions globals, string? named, ReplayOptions options, CancellationToken cancel)
    {
        var policies = options.Policies(parsed);
        var running = parsed.GetValue(options.Service) is { } asked ? await ReplaySubject.AskAsync(globals, parsed, asked, cancel) : null;
        if (named is null && running is null)
        {
            throw new UsageException("there is nothing to replay", "Name a trace, or a running service with --service NAME.");
        }

        var chart = options.ChartOf(parsed);
        var (name, service) = (named ?? running!.Name, options.ServiceTimeOf(parsed, running?.ServiceTime));
        var costs = parsed.GetValue(options.Costs) is { } file ? CostsOf(file) : running?.Costs ?? WakeCosts.BuiltIn;
        if (options.Setup(parsed, terminal, costs, running?.Spec) is not { } setup || Open(terminal, name, named is null ? running : null, options.Window(parsed)) is not { } trace)
        {
            return ExitCodes.Failure;
        }

        var replayer = new Replayer(setup, () => trace.Arrivals(service, setup.Seed), trace.Origin);
        var outcomes = new List<ReplayOutcome>();
        foreach (var policy in policies)
        {
            outcomes.Add(await Progress.ShowAsync(terminal, $"playing {policy}", () => Task.Run(() => replayer.Run(policy), cancel)));
        }

        var report = ReplayView.Report(name, trace, setup, service, replayer.Profile.Requests, outcomes);
        if (chart is not null)
        {
            await File.WriteAllTextAsync(chart, ReplayChart.Draw($"Replay of {Path.GetFileName(name)}", ReplayView.About(report), outcomes), cancel);
        }

        if (globals.Json(parsed))
        {
            JsonOutput.Write(terminal, report);
        }
        else
        {
            ReplayView.Show(terminal, report);
        }

        return ExitCodes.Ok;
    }

    /// <param name="running">The service whose recorded requests are played; null: a file's are.</param>
    private static ReplayTrace? Open(Terminal terminal, string name, ReplaySubject? running, ReplayWindow window)
    {
        ReplayTrace? trace = null;
        TraceProblem? problem;
        if (running is not null)
        {
            (trace, problem) = running.Arrivals.Count == 0
                ? (null, new TraceProblem(0, "no request has come since the platform started", "Name a trace, or wait for requests."))
                : ReplayTrace.OfSeconds(running.Arrivals, window);
        }
        else
        {
            (var read, problem) = TraceFile.Read(terminal, name);
            if (read is not null)
            {
                (trace, problem) = ReplayTrace.From(read, window);
            }
        }

        if (problem is not null)
        {
            terminal.Error(problem.Line == 0 ? $"{name}: {problem.Message}" : $"{name}:{problem.Line.ToString(CultureInfo.InvariantCulture)}: {problem.Message}", problem.Remedy);
        }

        return trace;
    }

    /// <summary>Of a file; what it leaves out is built in.</summary>
    private static WakeCosts CostsOf(string name)
    {
        using var bytes = TraceFile.Open(name, "Name a file as ./run bench wake writes it.");
        try
        {
            var read = JsonSerializer.Deserialize(bytes, WireJson.Compact.ReplayCosts) ?? throw new JsonException("it is null");
            return ReplayView.FromWire(read with { Source = read.Source ?? name });
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{name}:{(e.LineNumber ?? 0) + 1}: not a file of wake costs (JSON of numbers by name, see homeostat replay in the reference of the command line)", e);
        }
    }
}
