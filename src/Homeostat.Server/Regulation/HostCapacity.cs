using Homeostat.Core.Regulation.Capacity;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Services;
using Homeostat.Server.Hosting;
using Homeostat.Server.Monitoring;

namespace Homeostat.Server.Regulation;

/// <summary>
/// The host's capacity among the services' controllers: a lock around the <see cref="CapacityLedger"/>, and the memory that is really there for new instances. A controller takes
/// its grant before a step, asks after it, and signals those the answer names. Safe for concurrent use; each call takes about a microsecond while nobody is short of anything.
/// </summary>
/// <param name="memory">Bytes of memory that can be had on the host now; asked at most every <see cref="LookEvery"/>.</param>
internal sealed class HostCapacity(CapacityBounds bounds, Func<long> memory, TimeProvider time)
{
    /// <summary>Reading what is available costs some ten microseconds, and it changes no faster than instances start.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly CapacityLedger _ledger = new(bounds);
    private long _available = -1;
    private long _lookedAt;
    private int _instances;
    private int _instancesAtLook;
    private readonly Dictionary<ServiceName, int> _running = [];

    public CapacityBounds Bounds => bounds;

    /// <summary>A host of its own size and without quotas.</summary>
    public static HostCapacity OfHost(TimeProvider time) => Of(new PlatformOptions(), time);

    public static HostCapacity Of(PlatformOptions options, TimeProvider time) => new(
        new CapacityBounds(options.CpuCapacity ?? HostCpu.Cores(), options.MemoryCapacityBytes ?? HostMemory.CapacityBytes(), options.Quotas), HostMemory.AvailableBytes, time);

    /// <summary>Cores and bytes given out.</summary>
    public (double CpuCores, long MemoryBytes) Held
    {
        get
        {
            lock (_lock)
            {
                return _ledger.Held;
            }
        }
    }

    public CapacityGrant Grant(ServiceSpec service)
    {
        lock (_lock)
        {
            var grant = _ledger.Grant(service);
            var more = Math.Max(0, (int)Math.Min(int.MaxValue / 2, Available() / Math.Max(1, service.Resources.MemoryBaseBytes)) - Math.Max(0, _instances - _instancesAtLook));
            var most = _running.GetValueOrDefault(service.Service) + more;
            return most < grant.Instances
                ? grant with { Instances = most, InstancesBy = $"the memory that the host has free ({Quantities.FormatSize(_available >> 20 << 20)}, an instance may need {Quantities.FormatSize(service.Resources.MemoryBaseBytes)})" }
                : grant;
        }
    }

    /// <summary>Notes what a service holds after a step. Those in the answer are to be stepped; the service itself may be among them.</summary>
    public IReadOnlyList<ServiceName> Ask(ServiceSpec service, CapacityAsk ask)
    {
        lock (_lock)
        {
            _instances += ask.Instances - _running.GetValueOrDefault(service.Service);
            if (ask.Instances == 0)
            {
                _running.Remove(service.Service);
            }
            else
            {
                _running[service.Service] = ask.Instances;
            }

            return _ledger.Ask(service, ask);
        }
    }

    /// <summary>Less what instances that began since may come to need.</summary>
    private long Available()
    {
        if (_available < 0 || time.GetElapsedTime(_lookedAt) > LookEvery)
        {
            (_available, _lookedAt, _instancesAtLook) = (memory(), time.GetTimestamp(), _instances);
        }

        return _available;
    }
}
