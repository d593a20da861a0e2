using Homeostat.Benchmarks.Wake;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>(c) Four loads, each the same requests at the same times, to Homeostat and to Docker Swarm with a fixed pool and with a polling autoscaler.</summary>
internal sealed class ShapesExperiment(PlatformUnderTest platform, ElasticityOptions options, string dockerFolder)
{
    public const string Ours = "homeostat";
    /// <summary>CPU limit of an instance. Homeostat may raise it to <see cref="Burst"/>, as much as all instances of a peer have.</summary>
    public const double Cores = 0.25;

    public const double Burst = 1;
    private const int Most = 4;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private readonly WorkApp _service = new("work", Cores, Burst, 0, Most, 4, 8);
    private readonly List<ShapeOutcome> _outcomes = [];

    /// <summary>Requests per second in the quiet: a quarter of what one instance can do.</summary>
    public const double Low = 15;

    /// <summary>At the peak: what two and a half instances can do.</summary>
    public const double High = 150;

    public const double WorkMilliseconds = 4;

    /// <summary>Twice the p99 of requests one after another, straight to an instance of the fixed pool; to Homeostat's gateway without peers.</summary>
    public TimeSpan Bound { get; private set; }

    public TimeSpan Length => TimeSpan.FromSeconds(options.Seconds);

    public IReadOnlyList<LoadShape> Shapes { get; } = LoadShape.All(Low, High);

    public IReadOnlyList<ShapeOutcome> Outcomes => _outcomes;

    private static string Path => $"/work?us={WorkMilliseconds * 1000:0}";

    public List<ShapeOutcome> Of(string system) => _outcomes.FindAll(o => o.System == system);

    public async Task RunAsync(CancellationToken cancel)
    {
        await _service.ApplyAsync(platform, options.Samples, cancel);
        using var swarm = options.Peers ? SwarmPeer.Start(dockerFolder, options.Samples, Cores) : null;
        using var gateway = new GatewayTarget(platform.Gateway, _service.Host);
        using var direct = swarm is null ? null : new SwarmTarget(Most);
        // The platform's own code is compiled while it is used for the first times, up and down: that is not what is compared.
        await new LoadGenerator(gateway, Path).RunAsync(Shapes[^1].Arrivals(TimeSpan.FromSeconds(4), seed: 5), cancel);
        await UnloadedAsync((ILoadTarget?)direct ?? gateway, cancel);
        foreach (var shape in Shapes)
        {
            await OursAsync(shape, gateway, cancel);
            if (swarm is not null && direct is not null)
            {
                await PeerAsync(shape, swarm, direct, "fixed pool", Most, null, cancel);
                await PeerAsync(shape, swarm, direct, "polling 1 s", 1, TimeSpan.FromSeconds(1), cancel);
                await PeerAsync(shape, swarm, direct, "polling 30 s", 1, TimeSpan.FromSeconds(30), cancel);
            }
        }

        await platform.Client.RemoveAsync(null, _service.Name, cancel);
    }

    private async Task UnloadedAsync(ILoadTarget target, CancellationToken cancel)
    {
        // Every 40 ms: one at a time, at two fifths of the limit. The first are not counted, they warm the client up.
        var arrivals = Enumerable.Range(0, 150).Select(i => TimeSpan.FromMilliseconds(40 * i)).ToList();
        var results = await new LoadGenerator(target, Path).RunAsync(arrivals, cancel);
        var sample = new Reporting.Sample();
        foreach (var result in results.Skip(25))
        {
            sample.Add(result.Latency);
        }

        Bound = TimeSpan.FromMilliseconds(2 * sample.P99);
        Console.Error.WriteLine($"unloaded: p50 {sample.P50:0.0} ms, p99 {sample.P99:0.0} ms");
    }

    private async Task OursAsync(LoadShape shape, GatewayTarget target, CancellationToken cancel)
    {
        await _service.OneAwakeAsync(platform, "stopped", cancel);
        await RunAsync(shape, Ours, target, async () =>
        {
            var awake = (await platform.Client.InstancesAsync(null, _service.Name, cancel)).Where(i => i.Tier is "running" or "starting").ToList();
            return (awake.Count, awake.Sum(i => i.CpuLimit ?? Cores));
        }, cancel);
    }

    /// <param name="interval">Of the autoscaler, which looks first in the middle of the load if it polls less often than that; null: none.</param>
    private async Task PeerAsync(LoadShape shape, SwarmPeer swarm, SwarmTarget target, string name, int replicas, TimeSpan? interval, CancellationToken cancel)
    {
        swarm.Scale(replicas);
        await SettleAsync(target, replicas, cancel);
        await using var scaler = interval is { } every ? new PollingScaler(swarm, every < Length ? every : Length / 2, every, Cores, Most) : null;
        await RunAsync(shape, name, target, () => Task.FromResult((target.Ready, target.Ready * Cores)), cancel);
    }

    /// <summary>So many replicas for a second on end, within 15 s: those of the load before are still being ended.</summary>
    private static async Task SettleAsync(SwarmTarget target, int replicas, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        for (var well = 0; well < 20 && TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(15); well = target.Ready == replicas ? well + 1 : 0)
        {
            await Task.Delay(Look, TimeProvider.System, cancel);
        }
    }

    private async Task RunAsync(LoadShape shape, string system, ILoadTarget target, Func<Task<(int Instances, double Cores)>> look, CancellationToken cancel)
    {
        await PlatformUnderTest.RestAsync(cancel);
        var track = new CapacityTrack();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var began = TimeProvider.System.GetTimestamp();
        var tracking = TrackAsync(track, look, began, stop.Token);
        var results = await new LoadGenerator(target, Path).RunAsync(shape.Arrivals(Length, seed: 7), cancel);
        await stop.CancelAsync();
        await tracking;
        var outcome = ShapeOutcome.Of(shape.Name, system, results, Bound, Length, track);
        _outcomes.Add(outcome);
        Console.Error.WriteLine(
            $"{shape.Name}, {system}: {results.Length} requests, {outcome.ShareOver:0.0%} over {Bound.TotalMilliseconds:0.0} ms, p99 {outcome.Latency.P99:0} ms, {outcome.InstanceSeconds:0} instance-seconds");
    }

    private static async Task TrackAsync(CapacityTrack track, Func<Task<(int Instances, double Cores)>> look, long began, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var (instances, cores) = await look();
            track.Add(TimeProvider.System.GetElapsedTime(began), instances, cores);
            await Task.Delay(Look, TimeProvider.System, CancellationToken.None);
        }
    }
}
