using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Server.Forwarding.Contract;

/// <summary>
/// A service as the gateway sees it: slots of ready instances, and a gate to wait at when none is free.
/// Each slot taken is returned exactly once. Safe for concurrent use.
/// </summary>
public interface IUpstream
{
    ServiceName Service { get; }

    /// <summary>Takes a free slot of a running instance without waiting: no lock, no allocation. Story 1.</summary>
    bool TryTake([NotNullWhen(true)] out UpstreamInstance? instance);

    /// <summary>Waits in the service's gate for a slot, first come first served, bounded by count, bytes and time. Story 2.</summary>
    /// <param name="heldBytes">Bytes of the request the gateway holds in memory meanwhile.</param>
    /// <param name="trigger">For <c>explain</c>: method and path without query, e.g. <c>GET /cart</c>.</param>
    ValueTask<Admission> EnterAsync(long heldBytes, string trigger, CancellationToken aborted);

    /// <summary>Gives a slot back. The request (or stream, or WebSocket) is over for this instance.</summary>
    /// <param name="held">How long a request that was answered held it; null: it says nothing about the program (an upgraded connection, a failure).</param>
    void Return(UpstreamInstance instance, SlotOutcome outcome, TimeSpan? held = null);
}

/// <summary>A ready instance. A new object each time an instance comes to run in a new cell, so pooled connections die with it.</summary>
public sealed class UpstreamInstance(InstanceId id, Func<CancellationToken, ValueTask<Socket>> connect)
{
    public InstanceId Id { get; } = id;

    /// <summary>Opens a new connection; throws <see cref="SocketException"/> when refused.</summary>
    public Func<CancellationToken, ValueTask<Socket>> Connect { get; } = connect;

    /// <summary>How its program ended; completes when the platform has seen that, perhaps never. Set by Regulation.</summary>
    public TaskCompletionSource<ExitInfo> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Room for the gateway's pool of idle connections to this instance; owned by Forwarding.</summary>
    public object? Connections { get; set; }

    /// <summary>Room for the seat counters; owned by Activation.</summary>
    public object? Seat { get; init; }
}

public enum SlotOutcome
{
    Completed,

    /// <summary>No connection could be made: the instance may be gone. No byte of the request reached it.</summary>
    ConnectFailed,

    /// <summary>It failed after bytes of the request reached it (reset, invalid response).</summary>
    InstanceFailed,

    ClientAborted,
}

public enum AdmissionKind
{
    Proceed,

    /// <summary>The gate is full by count or bytes: 503 + Retry-After.</summary>
    Full,

    /// <summary>The hold time is over and no instance became ready: 504.</summary>
    TimedOut,

    /// <summary>No start is possible now (back-off, no address, draining ...): 503 + Retry-After.</summary>
    Unavailable,

    /// <summary>The instance started and failed (exited, never listened): 502.</summary>
    StartFailed,
}

/// <summary>The gate's answer.</summary>
/// <param name="Instance">Set on <see cref="AdmissionKind.Proceed"/>: one slot of it is taken.</param>
/// <param name="Wake">How the instance it waited for came to run.</param>
/// <param name="Gate">Time spent waiting in the gate.</param>
/// <param name="WakeTime">Of that, the time the start or wake took; zero when it waited for a slot only.</param>
/// <param name="RetryAfter">When trying again makes sense, from measured start times.</param>
/// <param name="Detail">For a person: what happened and what to do.</param>
public readonly record struct Admission(
    AdmissionKind Kind,
    UpstreamInstance? Instance,
    WakeWay Wake,
    TimeSpan Gate,
    TimeSpan WakeTime,
    TimeSpan RetryAfter,
    string? Detail);

/// <summary>Finds the service of a request on the route table of this moment.</summary>
/// <param name="host">Lower-case host without port.</param>
/// <param name="path">Path without query, as received, beginning with <c>/</c>.</param>
public delegate IUpstream? RouteLookup(ReadOnlySpan<char> host, ReadOnlySpan<char> path);
