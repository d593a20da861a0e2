using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Homeostat.Benchmarks.Reporting;
using Homeostat.Client;

namespace Homeostat.Benchmarks.Wake;

/// <summary>
/// How long a request waits in each tier, for every sample, beside <c>docker start</c> and <c>runc restore</c> of the same program. All variants of all
/// apps are interleaved, round by round, so that a noisy minute of the machine meets each of them.
/// </summary>
internal sealed class WakeBenchmark : IBenchmark
{
    public string Name => "wake";

    public string Summary => "request to last byte from each tier, beside docker start and runc restore";

    public async Task<BenchReport> RunAsync(IReadOnlyList<string> args, CancellationToken cancel)
    {
        var options = WakeOptions.Parse(args);
        var apps = options.Apps.Select(a => WakeApp.Load(options.Samples, a)).ToList();
        var work = Directory.CreateTempSubdirectory("homeostat-bench-");
        try
        {
            return await MeasureAsync(options, apps, work.FullName, cancel);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private async Task<BenchReport> MeasureAsync(WakeOptions options, List<WakeApp> apps, string work, CancellationToken cancel)
    {
        using var peers = WakePeers.Start(options, apps, work);
        await using var platform = await PlatformUnderTest.StartAsync(options.Product, Path.Combine(work, "data"), cancel);
        foreach (var app in apps)
        {
            Console.Error.WriteLine($"preparing {app.Name}");
            await PrepareAsync(platform, app, cancel);
        }

        for (var round = 0; round < options.Rounds; round++)
        {
            Console.Error.WriteLine($"round {round + 1} of {options.Rounds}");
            foreach (var app in apps)
            {
                await RoundAsync(platform, app, cancel);
                peers.Round(app);
            }
        }

        foreach (var app in apps)
        {
            await platform.Client.RemoveAsync(null, app.Name, cancel);
        }

        var spare = await WakeSpare.MeasureAsync(platform, options, cancel);
        var burst = await WakeBurst.MeasureAsync(platform, options, cancel);
        foreach (var file in WakeCostsFile.Write(apps, spare.P50))
        {
            Console.Error.WriteLine($"wake costs for homeostat replay written to {file}");
        }

        return WakeReport.Compose(Name, apps, spare, burst);
    }

    private static async Task PrepareAsync(PlatformUnderTest platform, WakeApp app, CancellationToken cancel)
    {
        await platform.Client.ApplyAsync(app.Spec.Tenant.Value, app.Name, app.Text, app.Folder, dryRun: false, cancel);
        try
        {
            await platform.Client.CheckpointAsync(null, app.Name, TimeSpan.FromMinutes(2), cancel);
        }
        catch (ProblemException e)
        {
            app.Notes.Add($"no template: {e.Problem.Detail}");
        }

        platform.Get(app.Name, "/");
    }

    // Down the ladder and up again: each tier is entered by the operator's verb and left by a request.
    private static async Task RoundAsync(PlatformUnderTest platform, WakeApp app, CancellationToken cancel)
    {
        platform.Get(app.Name, "/");
        var instance = (await platform.Client.InstancesAsync(null, app.Name, cancel)).FirstOrDefault(i => i.Tier == "running");
        if (instance?.Address is { } address)
        {
            // Each after a rest, as those that wake something are.
            var server = IPEndPoint.Parse(address);
            await PlatformUnderTest.RestAsync(cancel);
            Direct(app, server);
            await PlatformUnderTest.RestAsync(cancel);
            app.Running.Add(platform.Get(app.Name, "/").Took);
        }

        await FromAsync(platform, app, "frozen", app.Frozen, cancel);
        await FromAsync(platform, app, "image", app.Image, cancel);
        await FromAsync(platform, app, "stopped", app.Stopped, cancel);
    }

    private static void Direct(WakeApp app, IPEndPoint server)
    {
        try
        {
            app.Direct.Add(HttpProbe.Get(server, app.Name + ".localhost", "/", TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2)).Took);
        }
        catch (Exception error) when (error is SocketException or AggregateException)
        {
            Note(app, $"direct to {server}: {error.Message}");
        }
    }

    private static async Task FromAsync(PlatformUnderTest platform, WakeApp app, string tier, Sample sample, CancellationToken cancel)
    {
        try
        {
            await platform.SleepAsync(app.Name, tier, cancel);
        }
        catch (ProblemException e)
        {
            Note(app, $"{tier}: {e.Problem.Detail}");
            return;
        }

        if (tier == "image")
        {
            app.ImageBytes = (await platform.Client.InstancesAsync(null, app.Name, cancel)).Sum(i => i.ImageBytes);
        }

        var answer = platform.Get(app.Name, "/");
        var way = ServerTiming.WakeWay(answer.Head);
        if (answer.Status is < 200 or >= 400 || (tier == "image" && way != "restored"))
        {
            Note(app, $"{tier}: answered {answer.Status}, wake {way}");
            return;
        }

        app.StoppedWay = tier == "stopped" ? way : app.StoppedWay;
        sample.Add(answer.Took);
        if (tier == "image")
        {
            await NotePhasesAsync(platform, app, answer, cancel);
        }
    }

    private static async Task NotePhasesAsync(PlatformUnderTest platform, WakeApp app, HttpProbe.Answer answer, CancellationToken cancel)
    {
        foreach (var (name, value) in await platform.PhasesAsync(app.Name, cancel))
        {
            Phase(app, name).Add(double.Parse(value, CultureInfo.InvariantCulture));
        }

        foreach (var (name, milliseconds) in ServerTiming.Durations(answer.Head))
        {
            Phase(app, name).Add(milliseconds);
        }
    }

    private static Sample Phase(WakeApp app, string name) =>
        app.Phases.TryGetValue(name, out var sample) ? sample : app.Phases[name] = new Sample();

    private static void Note(WakeApp app, string text)
    {
        if (!app.Notes.Contains(text) && app.Notes.Count < 5)
        {
            app.Notes.Add(text);
        }
    }
}
