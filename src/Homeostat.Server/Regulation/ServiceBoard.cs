using System.Collections.Concurrent;
using Homeostat.Core.Explanation;
using Homeostat.Core.Regulation;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Routing;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Server.Activation;
using Homeostat.Server.Events;
using Homeostat.Server.Forwarding.Contract;
using Homeostat.Server.Monitoring;
using Microsoft.Extensions.Logging;

namespace Homeostat.Server.Regulation;

/// <summary>
/// All services of the platform: their controllers, the route table, and the driver's list that keeps the controllers honest. Safe for concurrent use;
/// changes of one service happen one after another.
/// </summary>
internal sealed partial class ServiceBoard : IAsyncDisposable
{
    /// <summary>The driver is listed at least this often: hints may be lost.</summary>
    public static readonly TimeSpan ListEvery = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<ServiceName, ServiceController> _services = new();
    private readonly ConcurrentDictionary<ServiceName, SemaphoreSlim> _changes = new();
    private readonly Lock _routing = new();
    private readonly ControllerContext _context;
    private readonly ILoggerFactory _logs;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly DriverListing _listing;
    private RouteTable<IUpstream> _routes = RouteTable.Empty<IUpstream>();

    /// <param name="next">A generation larger than every earlier one, those of earlier runs included.</param>
    /// <param name="events">Told of every state change worth showing; must not block.</param>
    /// <param name="capacity">What services share; null: this host's, without quotas.</param>
    public ServiceBoard(
        IRuntimeDriver driver, TimeProvider time, Func<Generation> next, Action<PlatformEvent> events, ILoggerFactory log, HostCapacity? capacity = null)
    {
        (_logs, _log, Capacity, Monitor) = (log, log.CreateLogger<ServiceBoard>(), capacity ?? HostCapacity.OfHost(time), new InstanceMonitor(driver, time));
        Throttled = new ThrottledBook(driver.Sample);
        _listing = new DriverListing(driver, time, Distribute, log.CreateLogger<DriverListing>());
        _context = new ControllerContext(driver, new SteadyClock(time), new WaitCostPolicy(), Counters, next, events, _listing.Ask) { Capacity = Capacity, Monitor = Monitor, Look = Look };
        _listing.Stamp = _context.NextStamp;
    }

    public BoardCounters Counters { get; } = new();

    public HostCapacity Capacity { get; }

    public InstanceMonitor Monitor { get; }

    public ThrottledBook Throttled { get; }

    /// <summary>Finds a service on the route table of this moment.</summary>
    public RouteLookup Lookup => (host, path) => Volatile.Read(ref _routes).TryFind(host, path, out var upstream) ? upstream : null;

    /// <summary>
    /// Takes up where an earlier run left: adopts the instances of known services, stops those of unknown ones, routes, regulates. On return every service is
    /// routed; what is to be prepared is prepared behind it.
    /// </summary>
    public async Task StartAsync(IReadOnlyList<Revision> current, CancellationToken cancel)
    {
        foreach (var revision in current)
        {
            _services[revision.Id.Service] = Controller(revision, prepared: false);
        }

        foreach (var lost in _context.Driver.Lost)
        {
            LogLost(_log, lost.Id, lost.Revision, lost.Why);
            _context.Events(new PlatformEvent("instance.lost", lost.Revision.Service, lost.Id, lost.Why));
        }

        var left = await _context.Driver.ListAsync(cancel);
        Distribute(left, _context.NextStamp());
        Reroute();
        _listing.Start(_stop.Token);
        await Task.WhenAll(left.Where(i => !_services.ContainsKey(i.Revision.Service)).Select(stranger =>
        {
            LogStranger(_log, stranger.Id, stranger.Revision);
            return _context.Driver.StopAsync(stranger.Id, ServiceRegulator.StopGrace, _context.NextGeneration(), cancel);
        }));
    }

    /// <summary>Makes a revision the current one: prepared and routed on return, older instances are replaced behind it.</summary>
    /// <returns>Why it can't run here; then nothing changed.</returns>
    public async Task<Failure?> ApplyAsync(Revision revision, CancellationToken cancel)
    {
        var name = revision.Id.Service;
        using var turn = await TakeTurnAsync(name, cancel);
        if (Claimed(revision) is { } claimed)
        {
            return claimed;
        }

        if (await _context.Driver.PrepareAsync(revision, cancel) is { } failure)
        {
            return failure;
        }

        if (_services.TryGetValue(name, out var known))
        {
            known.Post(new ControllerMessage.Applied(revision, Prepared: true));
        }
        else
        {
            var made = Controller(revision, prepared: true);
            _services[name] = made;
            made.Signal();
        }

        Reroute();
        return null;
    }

    /// <summary>Unroutes, drains, stops and forgets a service; returns when nothing of it is left. An unknown one is a success.</summary>
    public async Task RemoveAsync(ServiceName service, CancellationToken cancel)
    {
        using var turn = await TakeTurnAsync(service, cancel);
        if (!_services.TryGetValue(service, out var controller))
        {
            return;
        }

        Reroute(without: service);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        controller.Post(new ControllerMessage.Ended(RegulatorMode.Remove, done));
        await done.Task.WaitAsync(cancel);
        _services.TryRemove(service, out _);
        controller.Dispose();
    }

    /// <summary>
    /// A clean stop of the platform: drains for at most 10 s, puts what can be imaged to sleep as images (the next start takes them up), stops the rest.
    /// On return no process of an instance is left. Templates stay; pools go with the driver.
    /// </summary>
    public async Task StopAllAsync(CancellationToken cancel)
    {
        var ends = new List<Task>();
        foreach (var controller in _services.Values)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            controller.Post(new ControllerMessage.Ended(RegulatorMode.Retire, done));
            ends.Add(done.Task);
        }

        await Task.WhenAll(ends).WaitAsync(cancel);
    }

    /// <summary>Brings at least one instance to run; returns when it does, or why not.</summary>
    public Task<TierOutcome?> WakeAsync(ServiceName service, CancellationToken cancel) => WishAsync(service, WishKind.Wake, Tier.Running, cancel);

    /// <summary>Takes the idle instances down to a tier; returns when they are there, or why not (busy, min, can't be dumped ...).</summary>
    public Task<TierOutcome?> SleepAsync(ServiceName service, Tier to, CancellationToken cancel) => WishAsync(service, WishKind.Sleep, to, cancel);

    /// <summary>Takes the template image, also after an earlier refusal; returns when it is ready, or why not.</summary>
    /// <param name="keep">One that is there and good is kept, else it is taken anew.</param>
    public Task<TierOutcome?> CheckpointAsync(ServiceName service, bool keep, CancellationToken cancel) =>
        WishAsync(service, keep ? WishKind.Image : WishKind.Checkpoint, Tier.Running, cancel);

    public ServiceSnapshot? View(ServiceName service) => _services.TryGetValue(service, out var controller) ? controller.Snapshot() : null;

    /// <summary>Requests of its last seconds; empty for a service that is not known.</summary>
    public IReadOnlyList<ArrivalCount> Arrivals(ServiceName service) => _services.TryGetValue(service, out var controller) ? controller.Upstream.Arrivals.ToList() : [];

    /// <summary>Ordered by name.</summary>
    public IReadOnlyList<ServiceSnapshot> Views() => [.. _services.OrderBy(s => s.Key).Select(s => s.Value.Snapshot())];

    public ServiceExplanation? Explain(ServiceName service) => View(service) is { } snapshot ? Explainer.Explain(snapshot) : null;

    /// <summary>Lists the driver now, so that sizes and times in the views are fresh.</summary>
    public Task RefreshAsync(CancellationToken cancel) => _listing.ListAsync(cancel);

    /// <summary>Stops regulating. Instances are left as they are: a new platform adopts them.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Monitor.Dispose();
        await _listing.DisposeAsync();
        foreach (var controller in _services.Values)
        {
            controller.Dispose();
        }
    }

    private ServiceController Controller(Revision revision, bool prepared) => new(_context, revision, prepared, _logs.CreateLogger<ServiceController>());

    private async Task<TierOutcome?> WishAsync(ServiceName service, WishKind kind, Tier to, CancellationToken cancel)
    {
        if (!_services.TryGetValue(service, out var controller))
        {
            return null;
        }

        var answer = new TaskCompletionSource<Failure?>(TaskCreationOptions.RunContinuationsAsynchronously);
        controller.Post(new ControllerMessage.Wished(kind, to, answer));
        var failure = await answer.Task.WaitAsync(cancel);
        return new TierOutcome(controller.Snapshot().Tier, failure);
    }

    private void Distribute(IReadOnlyList<ObservedInstance> all, long began)
    {
        var byService = all.ToLookup(i => i.Revision.Service);
        foreach (var (name, controller) in _services)
        {
            controller.Post(new ControllerMessage.Listed([.. byService[name]], began));
        }
    }

    /// <summary>Not on the caller's thread: it is in a turn of another service, and a request may wait for that.</summary>
    private void Look(IReadOnlyList<ServiceName> services) => ThreadPool.UnsafeQueueUserWorkItem(
        static state =>
        {
            foreach (var service in state.services)
            {
                state.board._services.GetValueOrDefault(service)?.Signal();
            }
        },
        (board: this, services),
        preferLocal: false);

    private Failure? Claimed(Revision revision)
    {
        var others = _services.Where(s => s.Key != revision.Id.Service).SelectMany(s => Routes(s.Value)).ToList();
        var own = revision.Spec.Routes.Select(r => KeyValuePair.Create(r, (IUpstream)Nobody.Instance));
        return RouteTable.Build(others.Concat(own)).Conflicts is [var conflict, ..]
            ? new Failure(FailureKind.Environment, $"{conflict.Route.Host}{conflict.Route.PathPrefix} belongs to {conflict.Holder.Service} already", "change the route or remove that service")
            : null;
    }

    private void Reroute(ServiceName? without = null)
    {
        lock (_routing)
        {
            var routes = _services.Where(s => s.Key != without).OrderBy(s => s.Key).SelectMany(s => Routes(s.Value));
            var (table, conflicts) = RouteTable.Build(routes);
            foreach (var conflict in conflicts)
            {
                LogConflict(_log, conflict.Route, conflict.Holder.Service, conflict.Refused.Service);
            }

            Volatile.Write(ref _routes, table);
        }
    }

    private static IEnumerable<KeyValuePair<RouteSpec, IUpstream>> Routes(ServiceController controller) =>
        controller.Routes.Select(r => KeyValuePair.Create(r, (IUpstream)controller.Upstream));

    private async Task<Turn> TakeTurnAsync(ServiceName service, CancellationToken cancel)
    {
        var changes = _changes.GetOrAdd(service, _ => new SemaphoreSlim(1, 1));
        await changes.WaitAsync(cancel);
        return new Turn(changes);
    }

    [LoggerMessage(2010, LogLevel.Warning, "{Instance} of {Revision} belongs to no service of the registry: it is stopped")]
    private static partial void LogStranger(ILogger log, InstanceId instance, RevisionId revision);

    [LoggerMessage(2012, LogLevel.Warning, "{Instance} of {Revision} could not be taken up: {Why}")]
    private static partial void LogLost(ILogger log, InstanceId instance, RevisionId revision, string why);

    [LoggerMessage(2011, LogLevel.Error, "{Route} is claimed by {Holder} and {Refused}: it stays with the first")]
    private static partial void LogConflict(ILogger log, RouteSpec route, ServiceName holder, ServiceName refused);

    private readonly struct Turn(SemaphoreSlim changes) : IDisposable
    {
        public void Dispose() => changes.Release();
    }
}
