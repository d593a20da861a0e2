using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Drivers.Runtime.Oci.Instances;
using Homeostat.Drivers.Runtime.Oci.Logs;
using Homeostat.Drivers.Runtime.Oci.Readiness;
using Homeostat.Drivers.Runtime.Oci.Revisions;
using Homeostat.Drivers.Runtime.Oci.Sweep;
using Homeostat.Drivers.Runtime.Oci.Tiers;

namespace Homeostat.Drivers.Runtime.Oci;

/// <summary>
/// Runs instances as OCI containers without a daemon: cells made by crun or runc off the request path, programs started or restored from process images
/// inside them. Opened by <see cref="OciOpener"/>; the parts are described in docs/architecture/runtime.md.
/// </summary>
public sealed class OciRuntimeDriver : IRuntimeDriver
{
    private readonly OciContext _context;
    private readonly RevisionTable _revisions;
    private readonly InstanceStarter _starter;
    private readonly InstanceEnder _ender;
    private readonly CellKeep _keep;
    private readonly InstanceSleeper _sleeper;
    private readonly InstanceWaker _waker;
    private readonly PutAway _putAway;

    internal OciRuntimeDriver(OciContext context)
    {
        _context = context;
        _revisions = new RevisionTable(context);
        _ender = new InstanceEnder(context);
        _starter = new InstanceStarter(context, _ender);
        _keep = new CellKeep(context);
        var images = new ImageTier(context, _ender, _keep);
        _sleeper = new InstanceSleeper(context, images);
        _waker = new InstanceWaker(context, images);
        _putAway = new PutAway(context, _keep, _waker, _ender);
    }

    public DriverCapabilities Capabilities => _context.Capabilities;

    public IReadOnlyList<LostInstance> Lost { get; private set; } = [];

    /// <summary>Opens the driver on its data directory and takes up what an earlier one left.</summary>
    /// <exception cref="IOException">This host can't run it; the message says what to do.</exception>
    public static Task<OciRuntimeDriver> OpenAsync(OciDriverOptions options, TimeProvider time, CancellationToken cancel) =>
        OciOpener.OpenAsync(options, time, cancel);

    internal async Task AdoptAsync(CancellationToken cancel)
    {
        Lost = await new Adoption(_context, _ender).RunAsync(cancel);
        await Sweeper.RunAsync(_context, cancel);
        // Fewer may be allowed than before.
        await _keep.TrimAsync();
    }

    public Task<Failure?> PrepareAsync(Revision revision, CancellationToken cancel) => Task.Run(() => _revisions.Prepare(revision), cancel);

    public Task ForgetAsync(RevisionId revision, CancellationToken cancel) => _revisions.ForgetAsync(revision);

    public Task<RevisionStatus> MakeTemplateAsync(RevisionId revision, bool anew, CancellationToken cancel) =>
        _revisions.Find(revision)?.MakeTemplateAsync(anew, cancel) ?? throw new InvalidOperationException($"{revision} is not prepared");

    public RevisionStatus? Describe(RevisionId revision) => _revisions.Find(revision)?.Describe();

    public async Task<StartOutcome> StartAsync(InstanceId id, RevisionId revision, StartWay way, ResourceLimits limits, Generation generation, CancellationToken cancel)
    {
        if (_revisions.Find(revision) is not { } prepared)
        {
            return StartOutcome.Failed(FailureKind.NotFound, $"{revision} is not prepared");
        }

        using var turn = await _context.Instances.TakeAsync(id, () => new OciInstance(id, revision), generation, cancel);
        if (turn.Instance is not { } instance)
        {
            return new StartOutcome(null, turn.Refusal);
        }

        return instance.Tier switch
        {
            Tier.Starting => await _starter.StartAsync(instance, prepared, way, limits, cancel),
            Tier.Running => await _waker.WakeAsync(instance, limits, cancel),
            var tier => StartOutcome.Failed(FailureKind.NotFound, $"{id} is {tier}: wake it or stop it"),
        };
    }

    public async Task<StartOutcome> WakeAsync(InstanceId id, ResourceLimits limits, Generation generation, CancellationToken cancel)
    {
        using var turn = await _context.Instances.TakeAsync(id, null, generation, cancel);
        return turn.Instance is { } instance ? await _waker.WakeAsync(instance, limits, cancel) : new StartOutcome(null, turn.Refusal);
    }

    public Failure? Resize(InstanceId id, ResourceLimits limits) => _context.Instances.Find(id) switch
    {
        null => new Failure(FailureKind.NotFound, $"{id} is not known"),
        { Cell: { } cell, Tier: Tier.Running or Tier.Frozen or Tier.PagedOut } => cell.Limits.Change(id, limits),
        var instance => new Failure(FailureKind.NotFound, $"{id} is {instance.Tier}: it has no limits to change"),
    };

    public ResourceUsage? Sample(InstanceId id) =>
        _context.Instances.Find(id) is { Cell: { } cell, Tier: Tier.Starting or Tier.Running or Tier.Frozen or Tier.PagedOut } ? cell.Limits.Sample() : null;

    public async Task<Failure?> SleepAsync(InstanceId id, Tier to, Generation generation, CancellationToken cancel)
    {
        using var turn = await _context.Instances.TakeAsync(id, null, generation, cancel);
        return turn.Instance is { } instance ? await _sleeper.SleepAsync(instance, to, cancel) : turn.Refusal;
    }

    public async Task StopAsync(InstanceId id, TimeSpan grace, Generation generation, CancellationToken cancel)
    {
        using var turn = await _context.Instances.TakeAsync(id, null, generation, cancel);
        if (turn.Instance is { } instance)
        {
            await _ender.StopAsync(instance, grace, cancel);
        }
    }

    public Task<IReadOnlyList<ObservedInstance>> ListAsync(CancellationToken cancel) => Task.Run<IReadOnlyList<ObservedInstance>>(
        () => [.. _context.Instances.All.Select(instance => instance.Observe()).OrderBy(instance => instance.Id)], cancel);

    public ObservedInstance? Observe(InstanceId id) => _context.Instances.Find(id)?.Observe();

    public IAsyncEnumerable<DriverHint> WatchAsync(CancellationToken cancel) => _context.Hints.WatchAsync(cancel);

    public ValueTask<Socket> ConnectAsync(InstanceId id, CancellationToken cancel) =>
        _context.Instances.Find(id) is { Cell: { } cell, Reach: { } reach, Tier: Tier.Running or Tier.Frozen or Tier.PagedOut }
            ? CellDialer.ConnectAsync(cell.Netns, reach, cancel)
            : throw new SocketException((int)SocketError.ConnectionRefused);

    public IReadOnlyList<InstanceId> EndedWithLogs(ServiceName service) => _context.KeptLogs.Of(service);

    public async IAsyncEnumerable<LogLine> ReadLogsAsync(InstanceId id, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (_context.Instances.Find(id) is not { } instance)
        {
            foreach (var line in _context.KeptLogs.Find(id) is { } kept ? new LogFiles(id, kept).Tail(tail) : [])
            {
                yield return line;
            }

            yield break;
        }

        var directory = _context.Store.LogsOf(id);
        if (!follow)
        {
            foreach (var line in new LogFiles(id, directory).Tail(tail))
            {
                yield return line;
            }

            yield break;
        }

        await foreach (var line in new LogFollower(id, directory).FollowAsync(tail, instance.Gone, cancel))
        {
            yield return line;
        }
    }

    public async Task<IReadOnlyList<string>> PutAwayAsync(Action<string> tell, CancellationToken cancel)
    {
        tell("taking down the containers that stand ready");
        await _revisions.DisposeAsync();
        return await _putAway.RunAsync(tell, cancel);
    }

    /// <summary>
    /// Lets go of the instances without ending them. Pools are emptied; with no instance left, or all of them put away, bridge, firewall table, control groups and what is in
    /// memory go too.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _revisions.DisposeAsync();
        }
        finally
        {
            await OciOpener.CloseAsync(_context, _putAway.IsDone);
            _keep.Dispose();
        }
    }
}
