using System.Globalization;
using Homeostat.Benchmarks.Wake;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>The sample <c>work</c> under another name and with other limits.</summary>
/// <param name="Base">Cores an instance is declared with.</param>
/// <param name="Burst">Cores it may be raised to; null: it is not raised.</param>
/// <param name="Target">Requests at one time that an instance is meant for.</param>
/// <param name="Limit">Requests at one time beyond which they wait in the gate.</param>
/// <param name="Images">Process images and clones; else every start is cold.</param>
internal sealed record WorkApp(string Name, double Base, double? Burst, int Min, int Max, int Target, int Limit, bool Images = true)
{
    public string Host => Name + ".localhost";

    public string Text => string.Create(CultureInfo.InvariantCulture, $$"""
        service: {{Name}}
        host: true
        command: ["/srv/app/server"]
        mounts: [ { source: ./out, target: /srv/app } ]
        port: 8080
        health: { path: /healthz }
        scale: { min: {{Min}}, max: {{Max}}, concurrency: { target: {{Target}}, limit: {{Limit}} } }
        resources: { cpu: { base: {{Base}}{{(Burst is { } b ? $", burst: {b}" : "")}} }, memory: { base: 64Mi } }
        idle: { freeze: 10s, image: 5m, stop: 30m }
        checkpoint: {{(Images ? "{ clones: yes, warmup: [ \"/work?us=100\" ] }" : "{ mode: off }")}}
        """);

    /// <summary>Applies it, and waits for its template where it has one.</summary>
    public async Task ApplyAsync(PlatformUnderTest platform, string samples, CancellationToken cancel)
    {
        await platform.Client.ApplyAsync("default", Name, Text, Path.Combine(samples, "work"), dryRun: false, cancel);
        if (Images)
        {
            await platform.Client.CheckpointAsync(null, Name, TimeSpan.FromMinutes(1), cancel);
        }
    }

    /// <summary>One instance runs, whatever was before, and the others are in this tier.</summary>
    public async Task OneAwakeAsync(PlatformUnderTest platform, string others, CancellationToken cancel)
    {
        await platform.SleepAsync(Name, others, cancel);
        await platform.Client.WakeAsync(null, Name, TimeSpan.FromSeconds(30), cancel);
    }

    /// <summary>Waits until its instances are as they should be, 5 s at most.</summary>
    /// <returns>Them; null: they did not become so.</returns>
    public async Task<IReadOnlyList<Client.Wire.InstanceInfo>?> UntilAsync(PlatformUnderTest platform, Func<IReadOnlyList<Client.Wire.InstanceInfo>, bool> wanted, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(5))
        {
            var instances = await platform.Client.InstancesAsync(null, Name, cancel);
            if (wanted(instances))
            {
                return instances;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancel);
        }

        return null;
    }
}
