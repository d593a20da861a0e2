using System.Diagnostics;
using Homeostat.Benchmarks.Reporting;
using Homeostat.Core.Replay;
using Homeostat.Core.Services;

namespace Homeostat.Benchmarks.Policies;

/// <summary>
/// Every trace under every policy, in virtual time with this platform's wake costs: what waits and instance-seconds the regulator's policy has beside those of Knative, Sablier
/// and KEDA and the lower bound.
/// </summary>
internal sealed class PoliciesBenchmark : IBenchmark
{
    public string Name => "policies";

    public string Summary => "replay of traces: the regulator beside Knative, Sablier, KEDA, always-on and the lower bound";

    public async Task<BenchReport> RunAsync(IReadOnlyList<string> args, CancellationToken cancel)
    {
        var options = PoliciesOptions.Parse(args);
        var results = new List<PolicyResult>();
        foreach (var trace in PolicyTrace.All(options.Folder).Where(t => options.Traces?.Contains(t.Name) != false))
        {
            cancel.ThrowIfCancellationRequested();
            if (trace.Read() is not { } read)
            {
                await Console.Error.WriteLineAsync($"{trace.Name}: not in {options.Folder}, left out");
                continue;
            }

            results.Add(Play(trace, read, options));
        }

        var report = PoliciesReport.Compose(Name, results);
        await PoliciesReport.DrawAsync(results, cancel);
        return report;
    }

    private static PolicyResult Play(PolicyTrace trace, Core.Replay.Traces.Trace read, PoliciesOptions options)
    {
        var (ready, problem) = ReplayTrace.From(read, trace.Window);
        var played = ready ?? throw new InvalidDataException($"{trace.Name}: {problem}");
        var setup = new ReplaySetup { Spec = Spec(trace.Scale), PeersOwnCosts = options.OwnCosts, Seed = options.Seed };
        if (trace.Cold is { } cold)
        {
            var spec = setup.Spec with { Checkpoint = setup.Spec.Checkpoint with { Mode = CheckpointMode.Off } };
            setup = setup with { Spec = spec, Clones = false, Costs = setup.Costs with { Cold = cold } };
        }

        var replayer = new Replayer(setup, () => played.Arrivals(trace.Service, setup.Seed), played.Origin);
        var outcomes = new List<ReplayOutcome>();
        var watch = Stopwatch.StartNew();
        foreach (var policy in options.Policies ?? Replayer.Usual)
        {
            outcomes.Add(replayer.Run(policy));
        }

        Console.Error.WriteLine($"{trace.Name}: {replayer.Profile.Requests:#,0} requests, {outcomes.Count} policies in {watch.Elapsed.TotalSeconds:0.0} s");
        var aimed = DemandProfile.Of(played.Arrivals(trace.Service, setup.Seed), trace.Scale.ConcurrencyTarget, setup.Costs.Least);
        return new PolicyResult(trace, outcomes, replayer.Profile, aimed);
    }

    private static ServiceSpec Spec(ScaleSpec scale) => new()
    {
        Service = new ServiceName("replay"), Root = new RootSource.Host(), Command = ["replay"], Port = 8080, Routes = [new RouteSpec("replay.localhost")], Scale = scale,
    };
}

/// <summary>What policies did with one trace.</summary>
/// <param name="Profile">The lower bound with instances filled to their limit.</param>
/// <param name="Aimed">The same with instances filled to their target, which is what policies are told to aim at.</param>
internal sealed record PolicyResult(PolicyTrace Trace, IReadOnlyList<ReplayOutcome> Outcomes, DemandProfile Profile, DemandProfile Aimed)
{
    public ReplayOutcome? Of(string policy) => Outcomes.FirstOrDefault(o => o.Policy == policy);
}
