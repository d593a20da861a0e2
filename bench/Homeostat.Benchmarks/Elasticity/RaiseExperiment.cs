using Homeostat.Benchmarks.Reporting;
using Homeostat.Benchmarks.Wake;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>
/// (b) One request more than the target comes to an instance with a small CPU limit. Measured from when they are sent: to the write of the new limit (told by the kernel, inotify) and
/// until it has used more CPU time than the old limit allows in a period (the control group's account, read every 0.2 ms). The same for a load within the target, which only the monitor
/// sees, and the throughput at the base and after the raise.
/// </summary>
internal sealed class RaiseExperiment(PlatformUnderTest platform, ElasticityOptions options)
{
    private const double Base = 0.05;
    private const double Burst = 1.5;
    private const string Path = "/work?us=5000";
    /// <summary>Over which the kernel counts a CPU limit.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(700);
    private readonly WorkApp _service = new("raise", Base, Burst, 1, 1, 4, 64);
    private readonly WorkApp _held = new("held", Base, null, 1, 1, 4, 64);

    public Sample ToWrite { get; } = new();

    public Sample ToEffect { get; } = new();

    /// <summary>From the begin of a load within the target, which only the monitor sees.</summary>
    public Sample MonitorToWrite { get; } = new();

    public Sample MonitorToEffect { get; } = new();

    /// <summary>Requests per second at the base limit.</summary>
    public Sample Before { get; } = new();

    public Sample After { get; } = new();

    public int Missed { get; private set; }

    public async Task RunAsync(CancellationToken cancel)
    {
        await _service.ApplyAsync(platform, options.Samples, cancel);
        await _held.ApplyAsync(platform, options.Samples, cancel);
        for (var round = -1; round < options.Rounds; round++)
        {
            await OnceAsync(counts: round >= 0, beyond: true, cancel);
            await OnceAsync(counts: round >= 0, beyond: false, cancel);
            await HeldAsync(cancel);
        }

        await platform.Client.RemoveAsync(null, _service.Name, cancel);
        await platform.Client.RemoveAsync(null, _held.Name, cancel);
    }

    private async Task OnceAsync(bool counts, bool beyond, CancellationToken cancel)
    {
        await platform.Client.WakeAsync(null, _service.Name, TimeSpan.FromSeconds(30), cancel);
        if (await _service.UntilAsync(platform, all => all is [{ CpuLimit: Base, InFlight: 0, Tier: "running" }], cancel) is not [{ Pid: { } pid }])
        {
            Missed++;
            Console.Error.WriteLine("the limit was not given back within 5 s");
            return;
        }

        var cgroup = CgroupProbe.Of(pid);
        using var target = new GatewayTarget(platform.Gateway, _service.Host);
        await target.ConnectAsync(8, cancel);
        using var watch = new LimitWatch(cgroup);
        var from = TimeProvider.System.GetTimestamp();
        var busy = new ClosedLoop(target, Path, beyond ? 5 : 4);
        var (written, used) = watch.UntilRaised(Base * Period, TimeSpan.FromSeconds(2));
        var answered = busy.Answered;
        await Task.Delay(Window, TimeProvider.System, cancel);
        var rate = (busy.Answered - answered) / Window.TotalSeconds;
        await busy.StopAsync();
        if (!counts)
        {
            return;
        }

        if (written is not { } at || used is not { } effect)
        {
            Missed++;
            return;
        }

        (beyond ? ToWrite : MonitorToWrite).Add(TimeProvider.System.GetElapsedTime(from, at));
        (beyond ? ToEffect : MonitorToEffect).Add(TimeProvider.System.GetElapsedTime(from, effect));
        After.Add(rate);
    }

    /// <summary>The same load where the limit is not raised.</summary>
    private async Task HeldAsync(CancellationToken cancel)
    {
        await platform.Client.WakeAsync(null, _held.Name, TimeSpan.FromSeconds(30), cancel);
        using var target = new GatewayTarget(platform.Gateway, _held.Host);
        await target.ConnectAsync(8, cancel);
        var busy = new ClosedLoop(target, Path, 5);
        await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancel);
        var answered = busy.Answered;
        await Task.Delay(Window, TimeProvider.System, cancel);
        Before.Add((busy.Answered - answered) / Window.TotalSeconds);
        await busy.StopAsync();
    }
}
