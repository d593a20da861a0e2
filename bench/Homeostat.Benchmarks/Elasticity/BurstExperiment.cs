using Homeostat.Benchmarks.Reporting;
using Homeostat.Benchmarks.Wake;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>
/// (a) A burst hits one instance that works at its CPU limit. Measured: from when the burst was due until a second instance began with its first request (its own clock, the same host), and to
/// the last byte of its first answer, by the way in which it comes: a clone of the template, thawed, restored from its own sleep image, or cold.
/// </summary>
internal sealed class BurstExperiment(PlatformUnderTest platform, ElasticityOptions options)
{
    private const int Burst = 24;
    private static readonly string[] Ways = ["clone", "frozen", "image", "cold"];

    private readonly WorkApp _imaged = new("burst", 0.5, null, 0, 2, 4, 8);
    private readonly WorkApp _cold = new("burst-cold", 0.5, null, 0, 2, 4, 8, Images: false);

    /// <summary>Until the second instance began with its first request; milliseconds by way.</summary>
    public Dictionary<string, Sample> Serving { get; } = Ways.ToDictionary(w => w, _ => new Sample(), StringComparer.Ordinal);

    /// <summary>Until its first answer was there.</summary>
    public Dictionary<string, Sample> Answered { get; } = Ways.ToDictionary(w => w, _ => new Sample(), StringComparer.Ordinal);

    /// <summary>Bursts that no second instance answered.</summary>
    public int Missed { get; private set; }

    public async Task RunAsync(CancellationToken cancel)
    {
        await _imaged.ApplyAsync(platform, options.Samples, cancel);
        await _cold.ApplyAsync(platform, options.Samples, cancel);
        // The first of each way compiles the platform's own code for it; nobody waits for that a second time.
        for (var round = -1; round < options.Rounds; round++)
        {
            foreach (var way in Ways)
            {
                var took = await OnceAsync(way == "cold" ? _cold : _imaged, way is "clone" or "cold" ? "stopped" : way, cancel);
                if (round >= 0 && took is { } time)
                {
                    Serving[way].Add(time.Serving);
                    Answered[way].Add(time.Answered);
                }

                Missed += took is null ? 1 : 0;
            }
        }

        await platform.Client.RemoveAsync(null, _imaged.Name, cancel);
        await platform.Client.RemoveAsync(null, _cold.Name, cancel);
    }

    private async Task<(TimeSpan Serving, TimeSpan Answered)?> OnceAsync(WorkApp service, string others, CancellationToken cancel)
    {
        await service.OneAwakeAsync(platform, others, cancel);
        using var target = new GatewayTarget(platform.Gateway, service.Host);
        await target.ConnectAsync(Burst + 8, cancel);
        // At its CPU limit without waiting for more: one after another at three connections, the target is four.
        var busy = new ClosedLoop(target, "/work?us=5000", 3);
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, cancel);
        // The burst, and then the load goes on.
        var arrivals = Enumerable.Repeat(TimeSpan.Zero, Burst).Concat(Enumerable.Range(1, 60).Select(i => TimeSpan.FromMilliseconds(10 * i))).ToList();
        var generator = new LoadGenerator(target, "/work?us=5000");
        var results = await generator.RunAsync(arrivals, cancel);
        var before = await busy.StopAsync();
        var second = results.Where(r => r.Instance is { } who && !before.Contains(who)).ToList();
        return second.Count == 0 ? null : (second.Min(r => r.BegunAt!.Value) - generator.BeganAt, second.Min(r => r.Ended));
    }
}
