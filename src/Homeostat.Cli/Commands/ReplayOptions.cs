using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Homeostat.Core.Replay;
using Homeostat.Core.Replay.Traces;
using Homeostat.Core.Services;

namespace Homeostat.Cli.Commands;

/// <summary>The options of <c>homeostat replay</c>.</summary>
internal sealed class ReplayOptions
{
    private readonly Option<string[]> _policies = new("--policy") { Description = $"Policies to play, several with commas: {string.Join(", ", Replayer.Usual)} (default all these), homeostat+MODEL for each forecast model", HelpName = "P[,P..]", AllowMultipleArgumentsPerToken = true };
    private readonly Option<long?> _seed = Whole("--seed", "N", "Seed of all that is random (default 1)", long.MinValue);
    private readonly Option<TimeSpan?> _serviceTime = Duration("--service-time", "Mean time a request takes to be served (default 50ms)");
    private readonly Option<double?> _variation = Number("--service-time-variation", "Deviation of that by its mean, 0 for always the same (default 1)");
    private readonly Option<string?> _file = new("--file", "-f") { Description = "Service file whose scale, idle times and checkpoint are played (default: those of a file that names none)", HelpName = "FILE" };
    private readonly Option<string?> _scale = new("--scale") { Description = "Least and most instances, in place of the file's", HelpName = "MIN..MAX" };
    private readonly Option<string?> _concurrency = new("--concurrency") { Description = "Requests per instance aimed at and never exceeded, in place of the file's", HelpName = "TARGET,LIMIT" };
    private readonly Option<string?> _idle = new("--idle") { Description = "Idle times until frozen, image, stopped, in place of the file's", HelpName = "TIME,TIME,TIME" };
    private readonly Option<string> _peerCosts = new("--peer-costs") { Description = "Peers start as quickly as this platform (equal, default) or as docker start does (own)", HelpName = "equal|own", DefaultValueFactory = _ => "equal" };
    private readonly Option<bool> _noClones = new("--no-clones") { Description = "New instances start cold: for programs that must not be cloned" };
    private readonly Option<long?> _cores = Whole("--cores", "COUNT", "Processors that starts share (default: this host's)", 1);
    private readonly Option<TimeSpan?> _skip = Duration("--skip", "Leave out this much of the trace's beginning");
    private readonly Option<TimeSpan?> _take = Duration("--take", "Play only this much of it");
    private readonly Option<long?> _most = Whole("--requests-max", "COUNT", "Play a random part of the requests where there are more (default 5000000)", 1);
    private readonly Option<TimeSpan?> _bin = Duration("--bin", "Length of a step, for counts without times (default 1m)");
    private readonly Option<string> _gaps = new("--gaps") { Description = "Missing counts: few (an error if many, default), fill, zero or skip", HelpName = "few|fill|zero|skip", DefaultValueFactory = _ => "few" };

    public ReplayOptions()
    {
        _peerCosts.AcceptOnlyFromAmong("equal", "own");
        _gaps.AcceptOnlyFromAmong("few", "fill", "zero", "skip");
    }

    /// <summary>Of the running platform.</summary>
    public Option<string?> Service { get; } = new("--service") { Description = "Play a running service: its recorded requests (where no trace is named), its file, its own start and service times", HelpName = "NAME" };

    public Option<string?> Costs { get; } = new("--costs") { Description = "File with this host's wake costs, as ./run bench wake writes it (default: built-in figures)", HelpName = "FILE" };

    private readonly Option<string?> _chart = new("--chart") { Description = "Draw the outcome into this SVG file", HelpName = "FILE.svg" };

    public Option<int> Explain { get; } = new("--explain") { Description = "Show the first decisions of the policy homeostat (default 20)", HelpName = "COUNT", Arity = ArgumentArity.ZeroOrOne, CustomParser = ParseExplain };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _policies, Service, _file, _scale, _concurrency, _idle, _serviceTime, _variation, Costs, _peerCosts, _noClones, _cores, _seed, _skip, _take, _most, _bin, _gaps, _chart, Explain })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Where to draw; null: nowhere. Looked at before a trace is played, which may take long.</summary>
    /// <exception cref="UsageException">It could not be written there.</exception>
    public string? ChartOf(ParseResult parsed)
    {
        const string remedy = "For example --chart replay.svg.";
        return parsed.GetValue(_chart) is not { } file ? null
            : !file.EndsWith(".svg", StringComparison.OrdinalIgnoreCase) ? throw new UsageException($"--chart is {file}; charts are drawn as SVG", remedy)
            : Directory.Exists(file) ? throw new UsageException($"--chart is {file}, which is a directory", remedy)
            : Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file))) ? file
            : throw new UsageException($"--chart is {file}; there is no such directory", remedy);
    }

    /// <exception cref="UsageException">One is not known.</exception>
    public IReadOnlyList<string> Policies(ParseResult parsed)
    {
        var named = (parsed.GetValue(_policies) ?? []).SelectMany(p => p.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Distinct(StringComparer.Ordinal).ToList();
        return named.Find(p => !Replayer.Policies.Contains(p)) is { } unknown
            ? throw new UsageException($"there is no policy '{unknown}'", $"Known are {string.Join(", ", Replayer.Policies)}.")
            : named.Count > 0 ? named : Replayer.Usual;
    }

    /// <param name="measured">Of the running service; null: not measured.</param>
    public ServiceTime ServiceTimeOf(ParseResult parsed, TimeSpan? measured) => new(parsed.GetValue(_serviceTime) ?? measured ?? ServiceTime.Default.Mean, parsed.GetValue(_variation) ?? ServiceTime.Default.Variation);

    public ReplayWindow Window(ParseResult parsed)
    {
        var all = ReplayWindow.All;
        return new ReplayWindow(
            parsed.GetValue(_skip) ?? all.Skip, parsed.GetValue(_take), parsed.GetValue(_most) ?? all.RequestsMax, parsed.GetValue(_bin) ?? all.Step,
            Enum.Parse<TraceGaps>(parsed.GetValue(_gaps)!, ignoreCase: true));
    }

    /// <summary>Everything but the trace and the policy.</summary>
    /// <param name="costs">What wakes cost.</param>
    /// <param name="running">The spec of the running service; null: none was named.</param>
    /// <returns>Null: the service file is wrong, and that was said.</returns>
    public ReplaySetup? Setup(ParseResult parsed, Output.Terminal terminal, WakeCosts costs, ServiceSpec? running)
    {
        var spec = running ?? Unnamed;
        if (parsed.GetValue(_file) is { } name)
        {
            var files = ServiceFiles.Read([name], terminal.In);
            if (!ServiceFiles.Check(terminal, files))
            {
                return null;
            }

            spec = files is [{ Parsed.Spec: { } one }] ? one : throw new UsageException($"{name} has {files.Count} service files", "Name one service file.");
        }

        return new ReplaySetup
        {
            Spec = spec with { Scale = ScaleOf(parsed, spec.Scale), Idle = IdleOf(parsed, spec.Idle) },
            Costs = costs,
            PeersOwnCosts = parsed.GetValue(_peerCosts) == "own",
            Clones = !parsed.GetValue(_noClones) && spec.Checkpoint.Clones != ClonePolicy.No,
            Cores = (int)Math.Min(parsed.GetValue(_cores) ?? Environment.ProcessorCount, 4096),
            Seed = parsed.GetValue(_seed) ?? 1,
            DecisionsKept = parsed.GetValue(Explain),
        };
    }

    private static ServiceSpec Unnamed => new() { Service = new ServiceName("replay"), Root = new RootSource.Host(), Command = ["replay"], Port = 8080, Routes = [new RouteSpec("replay.localhost")] };

    private ScaleSpec ScaleOf(ParseResult parsed, ScaleSpec scale)
    {
        if (parsed.GetValue(_scale) is { } range)
        {
            scale = range.Split("..") is [var min, var max] && int.TryParse(min, out var least) && int.TryParse(max, out var most) && least >= 0 && most >= Math.Max(1, least) && most <= 1000
                ? scale with { Min = least, Max = most }
                : throw new UsageException($"--scale is {range}; it must be MIN..MAX with 0 <= MIN <= MAX <= 1000", "For example --scale 0..10.");
        }

        if (parsed.GetValue(_concurrency) is { } pair)
        {
            scale = pair.Split(',') is [var target, var limit] && int.TryParse(target, out var aim) && int.TryParse(limit, out var most) && aim >= 1 && most >= aim && most <= 10_000
                ? scale with { ConcurrencyTarget = aim, ConcurrencyLimit = most }
                : throw new UsageException($"--concurrency is {pair}; it must be TARGET,LIMIT with 1 <= TARGET <= LIMIT <= 10000", "For example --concurrency 8,16.");
        }

        return scale;
    }

    private IdleSpec IdleOf(ParseResult parsed, IdleSpec idle)
    {
        if (parsed.GetValue(_idle) is not { } times)
        {
            return idle;
        }

        var durations = times.Split(',').Select(t => Quantities.TryParseDuration(t, out var time) ? time : (TimeSpan?)null).ToList();
        return durations is [{ } freeze, { } image, { } stop] && freeze <= image && image <= stop
            ? new IdleSpec(freeze, image, stop)
            : throw new UsageException($"--idle is {times}; it must be three durations, none shorter than the one before: until frozen, image, stopped", "For example --idle 10s,5m,30m.");
    }

    private static int ParseExplain(ArgumentResult result)
    {
        if (result.Tokens.Count == 0)
        {
            return 20;
        }

        if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= 10_000)
        {
            return count;
        }

        result.AddError($"--explain is {result.Tokens[0].Value}; it must be a whole number 1..10000");
        return 0;
    }

    private static Option<long?> Whole(string name, string help, string what, long least) => new(name)
    {
        Description = what,
        HelpName = help,
        CustomParser = result => long.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : Wrong<long>(result, name, $"a whole number{(least == 1 ? ", 1 or more" : "")}"),
    };

    private static Option<double?> Number(string name, string what) => new(name)
    {
        Description = what,
        HelpName = "X",
        CustomParser = result => double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 20
            ? number
            : Wrong<double>(result, name, "a number 0..20"),
    };

    private static Option<TimeSpan?> Duration(string name, string what) => new(name)
    {
        Description = what,
        HelpName = "TIME",
        CustomParser = result => Quantities.TryParseDuration(result.Tokens[0].Value, out var time) && time > TimeSpan.Zero
            ? time
            : Wrong<TimeSpan>(result, name, "a duration like 500ms, 90s or 5m"),
    };

    private static T? Wrong<T>(ArgumentResult result, string name, string wanted)
        where T : struct
    {
        result.AddError($"{name} is {result.Tokens[0].Value}; it must be {wanted}");
        return null;
    }
}
