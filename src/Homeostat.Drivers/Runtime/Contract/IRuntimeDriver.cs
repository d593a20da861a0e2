using System.Net.Sockets;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Drivers.Runtime.Contract;

/// <summary>
/// Runs instances of revisions. One platform owns one driver; all members are safe to call at the same time.
/// </summary>
/// <remarks>
/// <para>Life of a revision: <see cref="PrepareAsync"/> -> instances -> <see cref="ForgetAsync"/>. Life of an instance:
/// <see cref="StartAsync"/> -> (<see cref="SleepAsync"/> -> <see cref="WakeAsync"/>)* -> <see cref="StopAsync"/>.</para>
/// <para>Every call is idempotent: asked twice, the second call finds the wanted state and answers it. Calls on one instance are serialised
/// by the driver in the order of their <see cref="Generation"/>; an older generation than the last one seen is refused with
/// <see cref="FailureKind.Superseded"/>. Calls on different instances never wait for each other.</para>
/// <para><see cref="ListAsync"/> is the truth; <see cref="WatchAsync"/> only says "look again". A new driver on the same data directory lists what
/// an earlier, killed one left running: instances outlive the platform.</para>
/// <para>Expected outcomes are results. Exceptions mean a broken environment; cancellation throws after undoing what was begun.</para>
/// </remarks>
public interface IRuntimeDriver : IAsyncDisposable
{
    DriverCapabilities Capabilities { get; }

    /// <summary>Instances that an earlier driver on the same data directory left and this one could not take up. Nothing of them is left but their logs.</summary>
    IReadOnlyList<LostInstance> Lost => [];

    /// <summary>Checks that the revision can run here and begins to fill its pool of cells. Returns once a start is possible; the pool fills behind it.</summary>
    Task<Failure?> PrepareAsync(Revision revision, CancellationToken cancel);

    /// <summary>Gives back everything the revision holds: pool, spares, template. Its instances must be stopped before.</summary>
    Task ForgetAsync(RevisionId revision, CancellationToken cancel);

    /// <summary>
    /// Takes the revision's template image from a pristine instance made for this purpose, with its warm-up requests, and verifies it by a test restore.
    /// Idempotent: a template that is valid on this host is kept, unless it is wanted <paramref name="anew"/>: then it is given up first. Instances made from it go on.
    /// The outcome is also in <see cref="Describe"/>.
    /// </summary>
    Task<RevisionStatus> MakeTemplateAsync(RevisionId revision, bool anew, CancellationToken cancel);

    /// <summary>What the revision holds now; null when not prepared.</summary>
    RevisionStatus? Describe(RevisionId revision);

    /// <summary>Starts a new instance and returns when it is ready (port listens, health answers, after-restore hook done).</summary>
    /// <param name="limits">What it may use, from before its program runs.</param>
    Task<StartOutcome> StartAsync(InstanceId id, RevisionId revision, StartWay way, ResourceLimits limits, Generation generation, CancellationToken cancel);

    /// <summary>Brings a frozen, paged out or imaged instance back to running. A sleep image is consumed by the attempt, successful or not.</summary>
    /// <param name="limits">
    /// What it may use, from before it runs again. Memory is raised to it if need be and not lowered: what it holds must fit, and only <see cref="Resize"/> looks.
    /// Where it ran already nothing is changed.
    /// </param>
    Task<StartOutcome> WakeAsync(InstanceId id, ResourceLimits limits, Generation generation, CancellationToken cancel);

    /// <summary>
    /// Changes what an instance may use, in place, whether it runs, stands at its limit or is frozen. Takes some tens of microseconds; a lower memory limit may take
    /// longer, as the kernel takes page cache back. Safe beside every other call: while the instance is dumped the CPU limit is only noted. Refused
    /// (<see cref="FailureKind.Environment"/>) is memory below what is in use, which would end in kills; <see cref="FailureKind.NotFound"/>: the id is not known,
    /// starts, or has no container now; <see cref="FailureKind.NotSupported"/>: this host has no control groups for it. On a failure nothing has changed.
    /// </summary>
    Failure? Resize(InstanceId id, ResourceLimits limits);

    /// <summary>
    /// What an instance has used. Costs a few microseconds and no allocation, from any thread. Null: not known, no process, or nothing that counts.
    /// </summary>
    ResourceUsage? Sample(InstanceId id);

    /// <summary>Takes a running or higher-tier instance down to <paramref name="to"/>: frozen, paged out or image. On failure it stays in (or returns to) the tier it had.</summary>
    Task<Failure?> SleepAsync(InstanceId id, Tier to, Generation generation, CancellationToken cancel);

    /// <summary>Ends the instance: SIGTERM, after the grace SIGKILL; then everything of it is removed. Unknown ids are a success.</summary>
    Task StopAsync(InstanceId id, TimeSpan grace, Generation generation, CancellationToken cancel);

    /// <summary>All instances, in every tier, ordered by id. Ended ones are listed with their exit until stopped.</summary>
    Task<IReadOnlyList<ObservedInstance>> ListAsync(CancellationToken cancel);

    /// <summary>One of that list, as it is now; null: not known.</summary>
    ObservedInstance? Observe(InstanceId id);

    /// <summary>Hints that the list changed without being asked to (exit, out of memory, template ready). May repeat, may be late, never the truth.</summary>
    IAsyncEnumerable<DriverHint> WatchAsync(CancellationToken cancel);

    /// <summary>A connected stream socket to the instance's port. Throws <see cref="SocketException"/> when refused. Reaches programs that listen on 127.0.0.1 only as well.</summary>
    ValueTask<Socket> ConnectAsync(InstanceId id, CancellationToken cancel);

    /// <summary>
    /// Instances of the service that failed or ended and whose lines can still be read, oldest first; a small number of the last ones, until the service is
    /// forgotten. Empty where a driver keeps none.
    /// </summary>
    IReadOnlyList<InstanceId> EndedWithLogs(ServiceName service) => [];

    /// <summary>
    /// The last call of a platform that ends cleanly, before it disposes of the driver: takes off the host whatever sleeping instances can do without until the next
    /// driver on the same data directory wakes them. None of them can be woken after it by this one. Cancelled, what is not done yet stays for the next driver to take up.
    /// </summary>
    /// <param name="tell">Told what is being done, in a few words for people; must not block.</param>
    /// <returns>What was lost or stays on the host all the same and why, a sentence each.</returns>
    Task<IReadOnlyList<string>> PutAwayAsync(Action<string> tell, CancellationToken cancel) => Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Lines the instance wrote, oldest first; with <paramref name="follow"/> goes on until cancelled or the instance is gone.</summary>
    IAsyncEnumerable<LogLine> ReadLogsAsync(InstanceId id, int tail, bool follow, CancellationToken cancel);
}

/// <summary>Order of plans: a later plan of the platform has a larger number, across restarts too.</summary>
public readonly record struct Generation(long Value);

/// <summary>What the driver can do on this host.</summary>
/// <param name="Name"><c>oci</c>, <c>fake</c>.</param>
/// <param name="Reductions">What is missing, one line each with the reason; empty on a full host.</param>
public sealed record DriverCapabilities(string Name, bool Freeze, bool PageOut, bool Checkpoint, bool Clones, IReadOnlyList<string> Reductions)
{
    /// <value>Whether limits are kept and can be changed (<see cref="IRuntimeDriver.Resize"/>). Default true.</value>
    public bool Resize { get; init; } = true;
}

/// <param name="Way">How it came to run.</param>
/// <param name="Took">From the call to ready.</param>
/// <param name="Phases">Where the time went, in order (cell, criu, connect, health, hook ...), for people and benchmarks.</param>
public sealed record StartReport(ObservedInstance Instance, WakeWay Way, TimeSpan Took, IReadOnlyList<KeyValuePair<string, TimeSpan>> Phases);

/// <summary>Exactly one of <paramref name="Ready"/> and <paramref name="Failure"/> is set.</summary>
public sealed record StartOutcome(StartReport? Ready, Failure? Failure)
{
    public static StartOutcome Of(StartReport report) => new(report, null);

    public static StartOutcome Failed(FailureKind kind, string message, string? remedy = null) => new(null, new Failure(kind, message, remedy));
}

/// <param name="Why">A clause, for people.</param>
public sealed record LostInstance(InstanceId Id, RevisionId Revision, string Why);

/// <summary>Look again at this instance (or at everything, when null).</summary>
public sealed record DriverHint(InstanceId? Instance, string What);

/// <param name="Stream"><c>stdout</c> or <c>stderr</c>; <c>log</c> where a driver can't tell them apart.</param>
public sealed record LogLine(DateTimeOffset At, InstanceId Instance, string Stream, string Text);
