using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Server.Monitoring;

/// <summary>
/// Adds up what the instances of each service were throttled, also of those that have ended or got another container. It sees what came up to the last time it was read
/// before that: an instance's last seconds may be missing. Safe for concurrent use.
/// </summary>
internal sealed class ThrottledBook(Func<InstanceId, ResourceUsage?> sample)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ServiceName, (TimeSpan Total, Dictionary<InstanceId, TimeSpan> Seen)> _services = [];

    /// <summary>Of a service, up to now. Instances not named are forgotten.</summary>
    public TimeSpan Read(ServiceName service, IEnumerable<InstanceId> instances)
    {
        lock (_lock)
        {
            var (total, before) = _services.GetValueOrDefault(service);
            var seen = new Dictionary<InstanceId, TimeSpan>();
            foreach (var id in instances)
            {
                var last = before?.GetValueOrDefault(id) ?? TimeSpan.Zero;
                var now = sample(id)?.Throttled ?? last;
                // A smaller number is another container's, which began at zero.
                total += now >= last ? now - last : now;
                seen[id] = now;
            }

            _services[service] = (total, seen);
            return total;
        }
    }

    /// <summary>Forgets services that are no more.</summary>
    public void Keep(IReadOnlySet<ServiceName> services)
    {
        lock (_lock)
        {
            foreach (var gone in _services.Keys.Where(name => !services.Contains(name)).ToList())
            {
                _services.Remove(gone);
            }
        }
    }
}
