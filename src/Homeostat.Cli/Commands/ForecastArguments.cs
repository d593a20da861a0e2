using System.CommandLine;
using System.Globalization;
using Homeostat.Core.Forecasting;
using Homeostat.Core.Replay.Traces;
using Homeostat.Core.Services;

namespace Homeostat.Cli.Commands;

/// <summary>The options of <c>homeostat forecast</c> and their limits.</summary>
internal sealed class ForecastArguments
{
    /// <summary>Points walked through, the newest ones: 35 days of minutes, some ten seconds of work.</summary>
    public const int ScoredMax = 50_000;

    /// <summary>Forecasts below which a mean says little.</summary>
    private const int OriginsMin = 20;

    private static readonly int[] Usual = [1, 5, 15, 60];

    private readonly Option<string[]> _models = new("--models") { Description = "Models to score, auto and last always (default: all)", HelpName = "NAME[,NAME]", AllowMultipleArgumentsPerToken = true };

    private readonly Option<string?> _horizons = new("--horizons") { Description = $"Steps ahead, 1..{ForecastOptions.HorizonMax}, at most {ForecastOptions.HorizonsMax} (default 1,5,15,60)", HelpName = "N[,N]" };

    private readonly Option<string> _bin = new("--bin") { Description = "Length of a step: times of requests are counted by it, counts are summed to it", HelpName = "TIME", DefaultValueFactory = _ => "1m" };

    private readonly Option<string?> _gaps = new("--gaps") { Description = "Counts that are missing: fill repeats the one before, zero counts nothing, skip joins both sides (default: more than a few are an error)", HelpName = "fill|zero|skip" };

    public static TraceLimits Limits { get; } = TraceLimits.Usual;

    public ForecastArguments() => _gaps.AcceptOnlyFromAmong("fill", "zero", "skip");

    public void AddTo(Command command)
    {
        command.Options.Add(_models);
        command.Options.Add(_horizons);
        command.Options.Add(_bin);
        command.Options.Add(_gaps);
    }

    public IReadOnlyList<string> Models(ParseResult parsed)
    {
        var asked = (parsed.GetValue(_models) ?? []).SelectMany(m => m.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToList();
        if (asked.Find(m => !ForecastModels.Names.Contains(m)) is { } unknown)
        {
            throw new UsageException($"there is no forecast model '{unknown}'", $"There are {string.Join(", ", ForecastModels.Names)}.");
        }
        // Auto is what one comes for, the last value what it is measured by.
        return asked.Count == 0 ? ForecastModels.Names : [.. new[] { ForecastModels.Auto, ForecastModels.Last }.Concat(asked).Distinct()];
    }

    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_horizons) is not null;

    public int[] Horizons(ParseResult parsed)
    {
        if (parsed.GetValue(_horizons) is not { } text)
        {
            return Usual;
        }
        var horizons = text.Split(',', StringSplitOptions.TrimEntries)
            .Select(t => int.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out var steps) && steps is >= 1 and <= ForecastOptions.HorizonMax
                ? steps
                : throw new UsageException($"--horizons: '{t}' is not a number of steps", $"Steps are whole numbers from 1 to {ForecastOptions.HorizonMax}, as in --horizons 1,5,15,60."))
            .Distinct().Order().ToArray();
        return horizons.Length <= ForecastOptions.HorizonsMax ? horizons : throw new UsageException($"--horizons: {horizons.Length} are too many", $"At most {ForecastOptions.HorizonsMax} at once.");
    }

    public bool IsBinGiven(ParseResult parsed) => parsed.GetResult(_bin) is { Implicit: false };

    public TimeSpan Bin(ParseResult parsed)
    {
        var text = parsed.GetValue(_bin)!;
        return Quantities.TryParseDuration(text, out var bin) && bin > TimeSpan.Zero && bin <= TimeSpan.FromDays(366)
            ? bin
            : throw new UsageException($"--bin: '{text}' is not a length of time", "A length of time is written 5s, 1m or 1h.");
    }

    public TraceGaps Gaps(ParseResult parsed) => parsed.GetValue(_gaps) switch
    {
        "fill" => TraceGaps.Fill,
        "zero" => TraceGaps.Zero,
        "skip" => TraceGaps.Skip,
        _ => TraceGaps.Few,
    };

    /// <summary>Points a horizon needs, so that enough forecasts of it are scored.</summary>
    public static int PointsNeeded(int steps) => (int)Math.Ceiling((steps + OriginsMin) * 1.5);

    /// <summary>Horizons the trace is long enough for; empty where one that was asked for is not.</summary>
    public static int[] Fitting(int[] horizons, int points, int first, bool given)
    {
        var fitting = Array.FindAll(horizons, steps => points - steps - first >= OriginsMin);
        return given && fitting.Length < horizons.Length ? [] : fitting;
    }
}
