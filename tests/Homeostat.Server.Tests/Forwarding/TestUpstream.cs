using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Server.Forwarding.Contract;
using Homeostat.Testing;

namespace Homeostat.Server.Tests.Forwarding;

/// <summary>A service with one instance. Running by default; with a gate, every request has to ask it.</summary>
internal sealed class TestUpstream(Func<CancellationToken, ValueTask<Socket>> connect) : IUpstream
{
    private int _taken;

    public UpstreamInstance Instance { get; } = new(new InstanceId("i-1"), connect);

    public ServiceName Service { get; } = new("blog");

    /// <summary>Answers instead of a free slot.</summary>
    public Func<long, string, CancellationToken, ValueTask<Admission>>? Gate { get; set; }

    public EventWaiter<SlotOutcome> Returned { get; } = new("slots returned");

    /// <summary>Slots taken and not given back.</summary>
    public int Taken => Volatile.Read(ref _taken);

    public static Admission Refused(AdmissionKind kind, TimeSpan retryAfter = default) =>
        new(kind, null, WakeWay.Cold, TimeSpan.Zero, TimeSpan.Zero, retryAfter, null);

    public Admission Proceed(WakeWay way, double gateMilliseconds, double wakeMilliseconds)
    {
        Interlocked.Increment(ref _taken);
        return new(
            AdmissionKind.Proceed, Instance, way, TimeSpan.FromMilliseconds(gateMilliseconds), TimeSpan.FromMilliseconds(wakeMilliseconds), default, null);
    }

    public bool TryTake([NotNullWhen(true)] out UpstreamInstance? instance)
    {
        instance = Gate is null ? Instance : null;
        if (instance is not null)
            Interlocked.Increment(ref _taken);
        return instance is not null;
    }

    public ValueTask<Admission> EnterAsync(long heldBytes, string trigger, CancellationToken aborted) => Gate!(heldBytes, trigger, aborted);

    public void Return(UpstreamInstance instance, SlotOutcome outcome, TimeSpan? held = null)
    {
        Interlocked.Decrement(ref _taken);
        Returned.Add(outcome);
    }
}
