using System.CommandLine;
using Homeostat.Cli.Output;
using Homeostat.Core.Replay;
using Homeostat.Core.Services;

namespace Homeostat.Cli.Commands;

/// <summary>What a replay takes from a running service: its file, its recorded requests, what was measured of it.</summary>
/// <param name="Arrivals">Seconds since 1970 with the requests that came in them.</param>
/// <param name="ServiceTime">Recent mean; null: no request was served.</param>
internal sealed record ReplaySubject(string Name, ServiceSpec Spec, IReadOnlyList<(long Second, int Count)> Arrivals, TimeSpan? ServiceTime, WakeCosts Costs)
{
    public static async Task<ReplaySubject> AskAsync(GlobalOptions globals, ParseResult parsed, string name, CancellationToken cancel)
    {
        using var client = globals.Connect(parsed);
        var (tenant, costs, measured) = (globals.Tenant(parsed), WakeCosts.BuiltIn, new List<string>());
        var detail = await client.ServiceAsync(tenant, name, cancel);
        var arrivals = await client.ArrivalsAsync(tenant, name, cancel);
        var spec = ServiceFileParser.Parse(detail.Spec.GetRawText(), "/").Spec ?? throw new InvalidDataException($"the platform's file of {name} can't be read; is it of another version?");
        if (Milliseconds(detail.Load?.ThawSeconds, "thaw", measured) is { } thaw)
        {
            costs = costs with { Thaw = thaw };
        }

        if (Milliseconds(detail.Load?.RestoreSeconds, "restore and clone", measured) is { } restore)
        {
            costs = costs with { Restore = restore, Template = restore };
        }

        if (Milliseconds(detail.Load?.ColdSeconds, "cold start", measured) is { } cold)
        {
            costs = costs with { Cold = cold };
        }

        // Of an image or a stopped one nothing is in memory: what was seen of others of the service counts.
        if (detail.Instances.Where(i => i.Tier is "running" or "frozen").Select(i => i.MemoryBytes).DefaultIfEmpty(0).Max() is > 0 and var bytes)
        {
            measured.Add($"memory {Human.Size(bytes)}");
            costs = costs with { RunningGb = bytes / 1e9, PagedOutGb = bytes / 3e9 };
        }

        var source = measured.Count == 0 ? $"nothing measured of {name} yet, {costs.Source}" : $"{name}'s own: {string.Join(", ", measured)}; else {costs.Source}";
        return new ReplaySubject(
            name, spec, [.. arrivals.Seconds.Select(s => (s.At, s.Count))], detail.Load?.ServiceSeconds is > 0 and var mean ? TimeSpan.FromSeconds(mean) : null, costs with { Source = source });
    }

    private static TimeSpan? Milliseconds(double? seconds, string what, List<string> measured)
    {
        if (seconds is not (>= 0 and var known))
        {
            return null;
        }

        measured.Add($"{what} {Human.Took(known)}");
        return TimeSpan.FromSeconds(known);
    }
}
