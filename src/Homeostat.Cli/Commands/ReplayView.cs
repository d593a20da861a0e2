using System.Globalization;
using Homeostat.Cli.Output;
using Homeostat.Client.Wire;
using Homeostat.Core.Explanation;
using Homeostat.Core.Replay;
using Homeostat.Core.Services;

namespace Homeostat.Cli.Commands;

/// <summary>Outcomes of a replay as JSON and as a table.</summary>
internal static class ReplayView
{
    public static ReplayReport Report(string name, ReplayTrace trace, ReplaySetup setup, ServiceTime service, long requests, IReadOnlyList<ReplayOutcome> outcomes)
    {
        var (scale, idle) = (setup.Spec.Scale, setup.Spec.Idle);
        return new ReplayReport(
            name, requests, [.. outcomes.Select(o => Of(o, setup.DecisionsKept > 0))], trace.Found, trace.Length.TotalSeconds, trace.Origin, setup.Seed,
            new ReplayServiceReport(
                scale.Min, scale.Max, scale.ConcurrencyTarget, scale.ConcurrencyLimit, idle.Freeze.TotalSeconds, idle.Image.TotalSeconds, idle.Stop.TotalSeconds,
                service.Mean.TotalSeconds, service.Variation),
            ToWire(setup.Costs));
    }

    /// <summary>One line: what was played.</summary>
    public static string About(ReplayReport report)
    {
        var thinned = report.Requests < report.Found * 0.99 ? $" of {Many(report.Found)}" : "";
        var service = report.Service;
        return $"{Many(report.Requests)}{thinned} request{(report.Requests == 1 ? "" : "s")} in {Quantities.FormatDuration(TimeSpan.FromSeconds(Math.Round(report.Seconds)))}, {Human.Took(service.ServiceTime)} each on average; "
            + $"{service.Min}..{service.Max} instances of {service.ConcurrencyTarget} to {service.ConcurrencyLimit} requests; seed {report.Seed}";
    }

    public static void Show(Terminal terminal, ReplayReport report)
    {
        terminal.Out.WriteLine(Human.Wrap($"{terminal.Shown(report.Trace)}: {About(report)}.", terminal.TextWidth, "", "  "));
        terminal.Out.WriteLine(Human.Wrap($"Wakes cost: {terminal.Shown(report.Costs.Source ?? "")}.", terminal.TextWidth, "", "  "));
        terminal.Out.WriteLine();
        var refused = report.Policies.Any(p => p.Refused > 0);
        TextColumn[] columns =
        [
            new("POLICY", Shrinks: true), new("WAIT P50", Right: true), new("P95", Right: true), new("P99", Right: true), new("WAKES", Right: true),
            new("INSTANCE-S", Right: true), new("x BOUND", Right: true, Spare: 2), new("GB-S", Right: true), .. refused ? [new TextColumn("REFUSED", Right: true)] : Array.Empty<TextColumn>(),
        ];
        var bound = report.Policies.FirstOrDefault(p => p.Policy == Replayer.Clairvoyant)?.InstanceSeconds;
        var table = new TextTable(columns);
        foreach (var p in report.Policies)
        {
            TextCell[] cells = [p.Policy, Wait(p.WaitP50), Wait(p.WaitP95), Wait(p.WaitP99), Many(p.Wakes), Many(p.InstanceSeconds), bound > 0 ? Times(p.InstanceSeconds / bound.Value) : "-", Many(p.GbSeconds)];
            table.Row(refused ? [.. cells, new TextCell(Many(p.Refused), p.Refused > 0 ? Paint.Red : Paint.None)] : cells);
        }

        table.WriteTo(terminal);
        foreach (var p in report.Policies.Where(p => p.Decisions is { Count: > 0 }))
        {
            terminal.Out.WriteLine();
            Explain(terminal, p);
        }
    }

    public static WakeCosts FromWire(ReplayCosts read)
    {
        var standard = WakeCosts.BuiltIn;
        return new WakeCosts
        {
            Source = read.Source ?? standard.Source,
            Thaw = Time(read.Thaw, standard.Thaw, "thaw"),
            PageIn = Time(read.PageIn, standard.PageIn, "pageIn"),
            Restore = Time(read.Restore, standard.Restore, "restore"),
            Template = Time(read.Template, standard.Template, "template"),
            Spare = Time(read.Spare, standard.Spare, "spare"),
            Cold = Time(read.Cold, standard.Cold, "cold"),
            Freeze = Time(read.Freeze, standard.Freeze, "freeze"),
            PageOut = Time(read.PageOut, standard.PageOut, "pageOut"),
            Dump = Time(read.Dump, standard.Dump, "dump"),
            Stop = Time(read.Stop, standard.Stop, "stop"),
            DockerStart = Time(read.DockerStart, standard.DockerStart, "dockerStart"),
            RunningGb = Gb(read.RunningMb, standard.RunningGb, "runningMb"),
            PagedOutGb = Gb(read.PagedOutMb, standard.PagedOutGb, "pagedOutMb"),
            ImageGb = Gb(read.ImageMb, standard.ImageGb, "imageMb"),
        };
    }

    private static ReplayCosts ToWire(WakeCosts costs) => new(
        costs.Source, costs.Thaw.TotalMilliseconds, costs.PageIn.TotalMilliseconds, costs.Restore.TotalMilliseconds, costs.Template.TotalMilliseconds, costs.Spare.TotalMilliseconds,
        costs.Cold.TotalMilliseconds, costs.Freeze.TotalMilliseconds, costs.PageOut.TotalMilliseconds, costs.Dump.TotalMilliseconds, costs.Stop.TotalMilliseconds,
        costs.DockerStart.TotalMilliseconds, costs.RunningGb * 1000, costs.PagedOutGb * 1000, costs.ImageGb * 1000);

    private static ReplayPolicyReport Of(ReplayOutcome o, bool explained) => new(
        o.Policy, o.WaitP50, o.WaitP95, o.WaitP99, o.Wakes, o.InstanceSeconds, o.GbSeconds, o.Served, o.Refused, o.WaitMean, o.WaitMost, o.BusySeconds, o.InstancesMost, o.Actions, o.Digest,
        explained ? [.. o.Decisions.Select(Of)] : null);

    private static DecisionInfo Of(Decision d) => new(
        d.At, d.Action, d.Reason, d.Trigger, new SortedDictionary<string, string>(d.Inputs.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal), d.Alternatives, d.Until, d.Instance?.Value, d.Failure?.Message, d.Failure?.Remedy);

    private static void Explain(Terminal terminal, ReplayPolicyReport policy)
    {
        terminal.Out.WriteLine(terminal.OutPaint($"{Human.Count(policy.Decisions!.Count, "decision")} of {policy.Policy}, of {Many(policy.Actions.Values.Sum())}", Paint.Bold));
        foreach (var d in policy.Decisions!)
        {
            terminal.Out.WriteLine(Human.Wrap($"{d.At.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff} {d.Action} {d.Instance}: {d.Reason}", terminal.TextWidth, "  ", "    "));
            var inputs = string.Join(", ", d.Inputs.Select(i => $"{i.Key} {i.Value}").Concat(d.Alternatives));
            if (inputs.Length > 0)
            {
                terminal.Out.WriteLine(Human.Wrap(inputs, terminal.TextWidth, "    "));
            }
        }
    }

    private static string Wait(double seconds) => Human.Took(seconds);

    private static string Many(double count) => count.ToString(count < 100 ? "#,0.#" : "#,0", CultureInfo.InvariantCulture);

    private static string Times(double ratio) => ratio.ToString(ratio < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture);

    private static TimeSpan Time(double? milliseconds, TimeSpan standard, string key) => milliseconds switch
    {
        null => standard,
        >= 0 and < 3_600_000 => TimeSpan.FromMilliseconds(milliseconds.Value),
        _ => throw new InvalidDataException($"{key} is {milliseconds} ms in the wake costs; it must be 0 to an hour"),
    };

    private static double Gb(double? megabytes, double standard, string key) => megabytes switch
    {
        null => standard,
        >= 0 and < 1e9 => megabytes.Value / 1000,
        _ => throw new InvalidDataException($"{key} is {megabytes} MB in the wake costs; it must be 0 or more"),
    };
}
