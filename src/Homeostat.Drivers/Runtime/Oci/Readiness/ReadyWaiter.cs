using System.Net.Sockets;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Logs;

namespace Homeostat.Drivers.Runtime.Oci.Readiness;

/// <summary>
/// Waits until a program that was just started is ready: its port listens, its health path answers. Seen within a millisecond or two, because the kernel is
/// asked for the listener once per millisecond (some microseconds each) for the first five seconds, then every five.
/// </summary>
internal sealed class ReadyWaiter(Cell cell, ServiceSpec spec, LogFiles logs, TimeProvider time)
{
    private static readonly TimeSpan FastPeriod = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan SlowPeriod = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan FastFor = TimeSpan.FromSeconds(5);

    /// <summary>One health request may take as long as a slow first page; the declared timeout bounds all of them together.</summary>
    private static readonly TimeSpan HealthRequestLimit = TimeSpan.FromSeconds(5);

    private const int ExcerptLines = 5;

    public async Task<(Reach? Reach, Failure? Failure)> WaitAsync(Phases phases, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(spec.Health.StartTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        var exited = cell.Keeper.Exited;
        Reach? reach = null;
        try
        {
            reach = await ListensAsync(either.Token);
            phases.Mark("listen");
            if (reach is not null && spec.Health.Path is { } path)
            {
                await HealthyAsync(reach, path, either.Token);
                phases.Mark("health");
            }

            return exited.IsCompleted ? (null, Ended(await exited)) : (reach, null);
        }
        catch (OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return (null, exited.IsCompleted ? Ended(await exited) : reach is null ? NeverListened() : Unhealthy());
        }
    }

    private async Task<Reach?> ListensAsync(CancellationToken cancel)
    {
        using var probe = new ListenProbe(cell.Netns);
        using var timer = new PeriodicTimer(FastPeriod, time);
        var began = time.GetTimestamp();
        while (!cell.Keeper.Exited.IsCompleted)
        {
            if (probe.Find(spec.Port, cell.Address) is { } reach)
            {
                return reach;
            }

            if (timer.Period == FastPeriod && time.GetElapsedTime(began) > FastFor)
            {
                timer.Period = SlowPeriod;
            }

            await timer.WaitForNextTickAsync(cancel);
        }

        return null;
    }

    private async Task HealthyAsync(Reach reach, string path, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(FastPeriod, time);
        while (!cell.Keeper.Exited.IsCompleted)
        {
            try
            {
                if (await PlainHttp.SendAsync(cell.Netns, reach, "GET", path, [], HealthRequestLimit, cancel) is >= 200 and < 400)
                {
                    return;
                }
            }
            catch (SocketException)
            {
                // Not yet: some programs listen before they accept, or drop the first connections.
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                // This one took too long; the next may not.
            }

            timer.Period = timer.Period < TimeSpan.FromMilliseconds(50) ? timer.Period * 1.5 : timer.Period;
            await timer.WaitForNextTickAsync(cancel);
        }
    }

    private Failure Ended(ExitInfo exit) => exit.OutOfMemory
        ? new(FailureKind.ProgramExited, $"the program ended before it was ready: {exit}{Excerpt()}", "raise resources.memory.base")
        : new(FailureKind.ProgramExited, $"the program ended before it was ready: {exit}{Excerpt()}", $"look at the logs of {spec.Service}");

    private Failure NeverListened()
    {
        var listening = ListenTable.Read(cell.Netns);
        var seen = listening.Count == 0
            ? ""
            : $"; it listens on {string.Join(", ", listening.Select(endpoint => endpoint.ToString()).Distinct())} instead";
        return new(
            FailureKind.NeverListened,
            $"nothing listened on port {spec.Port} within {spec.Health.StartTimeout.TotalSeconds:0.###} s{seen}{Excerpt()}",
            $"let the program listen on $PORT ({spec.Port}), or raise health.timeout");
    }

    private Failure Unhealthy() => new(
        FailureKind.Unhealthy,
        $"port {spec.Port} listens, but {spec.Health.Path} did not answer 2xx or 3xx within {spec.Health.StartTimeout.TotalSeconds:0.###} s{Excerpt()}",
        "look at health.path and the logs, or raise health.timeout");

    private string Excerpt() => logs.Excerpt(ExcerptLines) is { Length: > 0 } text ? $"; last lines: {text}" : "";
}
