using Homeostat.Benchmarks.Reporting;
using Homeostat.Client;

namespace Homeostat.Benchmarks.Wake;

/// <summary>Many sleeping services at once: ten woken at the same instant, and wakes per second as long as the supply lasts.</summary>
/// <param name="TenAtOnce">Milliseconds until the last of ten was answered, one value per round.</param>
/// <param name="WakesPerSecond">Answered wakes per second while <paramref name="Services"/> services are woken by <paramref name="Clients"/> clients.</param>
internal sealed record WakeBurst(Sample TenAtOnce, Sample WakesPerSecond, int Services, int Clients)
{
    private const int SupplyOfServices = 40;
    private const int WakingClients = 4;

    public static async Task<WakeBurst> MeasureAsync(PlatformUnderTest platform, WakeOptions options, CancellationToken cancel)
    {
        var sample = WakeApp.Load(options.Samples, "node");
        var names = Enumerable.Range(0, SupplyOfServices).Select(i => $"burst{i}").ToList();
        foreach (var name in names)
        {
            var text = sample.Text.Replace("service: node", $"service: {name}", StringComparison.Ordinal);
            await platform.Client.ApplyAsync(sample.Spec.Tenant.Value, name, text, sample.Folder, dryRun: false, cancel);
            platform.Get(name, "/");
        }

        var (ten, rate) = (new Sample(), new Sample());
        for (var round = 0; round < Math.Max(3, options.Rounds / 4); round++)
        {
            Console.Error.WriteLine($"burst {round + 1}");
            var asleep = await SleepAllAsync(platform, names, cancel);
            ten.Add(await WakeAllAsync(platform, asleep.Take(10).ToList(), 10));
            asleep = await SleepAllAsync(platform, names, cancel);
            rate.Add(asleep.Count / (await WakeAllAsync(platform, asleep, WakingClients)).TotalSeconds);
        }

        foreach (var name in names)
        {
            await platform.Client.RemoveAsync(null, name, cancel);
        }

        return new WakeBurst(ten, rate, SupplyOfServices, WakingClients);
    }

    // Those that really sleep; one whose dump failed is said and left out, so that it can't pass for a quick wake.
    private static async Task<List<string>> SleepAllAsync(PlatformUnderTest platform, IEnumerable<string> names, CancellationToken cancel)
    {
        var asleep = new List<string>();
        foreach (var name in names)
        {
            try
            {
                await platform.Client.SleepAsync(null, name, "image", TimeSpan.FromSeconds(60), cancel);
                asleep.Add(name);
            }
            catch (ProblemException e)
            {
                Console.Error.WriteLine($"left out: {e.Problem.Detail}");
            }
        }

        await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, cancel);
        return asleep;
    }

    // Threads of their own: a thread pool that grows while it is measured would be part of the time.
    private static async Task<TimeSpan> WakeAllAsync(PlatformUnderTest platform, List<string> names, int clients)
    {
        using var go = new ManualResetEventSlim();
        var next = -1;
        var threads = Enumerable.Range(0, clients).Select(_ => new Thread(() =>
        {
            go.Wait();
            for (var i = Interlocked.Increment(ref next); i < names.Count; i = Interlocked.Increment(ref next))
            {
                platform.Get(names[i], "/");
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        await Task.Yield();
        var began = TimeProvider.System.GetTimestamp();
        go.Set();
        threads.ForEach(t => t.Join());
        return TimeProvider.System.GetElapsedTime(began);
    }
}
