using Homeostat.Core.Replay.Charts;

namespace Homeostat.Core.Replay;

/// <summary>Draws what policies did with a trace: waits, instance-seconds, GB-seconds, wakes, actions, each policy in its colour.</summary>
public static class ReplayChart
{
    /// <summary>An SVG page.</summary>
    /// <param name="note">A line below the heading.</param>
    public static string Draw(string title, string note, IReadOnlyList<ReplayOutcome> outcomes) => SvgChart.Draw(title, Panels(outcomes), columns: 2, panelWidth: 480, note: note);

    /// <summary>The panels alone, for pages with several traces.</summary>
    public static IReadOnlyList<Chart> Panels(IReadOnlyList<ReplayOutcome> outcomes) =>
    [
        // Nobody waits for less than what is drawn as nothing: a tenth of the quickest thaw.
        Bars("Waits", "milliseconds", ["p50", "p95", "p99"], outcomes, o => [Milliseconds(o.WaitP50), Milliseconds(o.WaitP95), Milliseconds(o.WaitP99)], logarithmic: true),
        Bars("Instances awake", "instance-seconds", ["awake", "serving"], outcomes, o => [o.InstanceSeconds, o.BusySeconds]),
        Bars("Memory held", "GB-seconds", [""], outcomes, o => [o.GbSeconds]),
        Bars("Starts and wakes", "times", ["wakes"], outcomes, o => [o.Wakes], logarithmic: true),
        Actions(outcomes),
    ];

    private static BarChart Actions(IReadOnlyList<ReplayOutcome> outcomes)
    {
        var names = outcomes.SelectMany(o => o.Actions.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return Bars("Actions", "times", names, outcomes, o => [.. names.Select(n => (double?)o.Actions.GetValueOrDefault(n))], logarithmic: true);
    }

    private static BarChart Bars(
        string title, string unit, IReadOnlyList<string> groups, IReadOnlyList<ReplayOutcome> outcomes, Func<ReplayOutcome, IReadOnlyList<double?>> values, bool logarithmic = false) =>
        new(title, unit, groups, [.. outcomes.Select(o => new BarSeries(o.Policy, values(o)))]) { Logarithmic = logarithmic };

    private static double? Milliseconds(double seconds) => seconds > 0 ? seconds * 1000 : null;
}
