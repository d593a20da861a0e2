using Homeostat.Core.Services;

namespace Homeostat.Core.Regulation.Capacity;

/// <summary>One resource of the host among services, in whole units. The rules are those of <see cref="CapacityLedger"/>. Not safe for concurrent use.</summary>
internal sealed class LedgerResource(long capacity, IReadOnlyList<TenantQuota> quotas, Func<TenantQuota, long?> bound)
{
    /// <summary>By name, so that the same asks give the same shares.</summary>
    private readonly SortedDictionary<string, Member> _tenants = new(StringComparer.Ordinal);

    /// <summary>Shares that are granted less than they want.</summary>
    private int _short;

    public long Reserved { get; private set; }

    public int Tenants => _tenants.Count;

    /// <param name="changed">Gets who has to be stepped: 0 to give back, 1 to take.</param>
    public void Ask(LedgerShare share, TenantName tenant, long least, long held, long wanted, SortedSet<(int Order, ServiceName Service)> changed)
    {
        var member = Of(tenant);
        if (!member.Shares.TryAdd(share.Service, share) && (share.Least, share.Held, share.Wanted) == (least, held, Math.Max(least, wanted)))
        {
            return;
        }

        Count(member, share, () => (share.Least, share.Held, share.Wanted) = (least, held, Math.Max(least, wanted)));
        if (!HasRoomForAll(member, share))
        {
            Shrink(changed);
            Grow(member, share, share, changed);
            foreach (var (other, one) in _tenants.Values.SelectMany(m => m.Shares.Values.Select(s => (m, s))).Where(x => x.s != share))
            {
                Grow(other, one, share, changed);
            }
        }
    }

    /// <summary>Nothing of the service runs any more. To be called after it asked for nothing.</summary>
    public void Leave(LedgerShare share, TenantName tenant)
    {
        var member = Of(tenant);
        Count(member, share, () => (share.Least, share.Held, share.Wanted, share.Granted) = (0, 0, 0, 0));
        member.Shares.Remove(share.Service);
        if (member.Shares.Count == 0)
        {
            _tenants.Remove(tenant.Value);
        }
    }

    /// <summary>What it may hold, and what would bound more than that.</summary>
    public (long Units, LedgerBound By) Offer(LedgerShare? share, TenantName tenant)
    {
        var own = share is null ? 0 : Math.Max(share.Granted, share.Least);
        var member = _tenants.GetValueOrDefault(tenant.Value);
        var (host, quota) = (capacity - Reserved, (member?.Quota ?? QuotaOf(tenant)) is { } most ? most - (member?.Reserved ?? 0) : long.MaxValue);
        return (own + Math.Max(0, Math.Min(host, quota)), quota <= host ? LedgerBound.Tenant : LedgerBound.Host);
    }

    /// <summary>What a tenant's quota leaves to a service for bases; bursts of its other services give way. Null: no quota.</summary>
    public long? RoomOfTenant(TenantName tenant, LedgerShare? share) => QuotaOf(tenant) is { } quota
        ? quota - (_tenants.GetValueOrDefault(tenant.Value)?.Shares.Values.Where(s => s != share).Sum(s => s.Least) ?? 0)
        : null;

    /// <summary>The ordinary case, in constant time: nobody is short of anything, and what this one wants is there.</summary>
    private bool HasRoomForAll(Member member, LedgerShare share)
    {
        if (_short - (share.Granted < share.Wanted ? 1 : 0) > 0
            || Reserved - share.Reserved + Math.Max(share.Held, share.Wanted) > capacity
            || member.Reserved - share.Reserved + Math.Max(share.Held, share.Wanted) > (member.Quota ?? long.MaxValue))
        {
            return false;
        }

        Count(member, share, () => share.Granted = share.Wanted);
        return true;
    }

    /// <summary>Nobody may have more than a fair share; who holds more has to give it back.</summary>
    private void Shrink(SortedSet<(int Order, ServiceName Service)> changed)
    {
        var members = _tenants.Values.ToList();
        var least = members.Sum(m => m.Shares.Values.Sum(s => s.Least));
        var groups = members.Select(m => (
            Bound: m.Quota is { } quota ? Math.Max(0, quota - m.Shares.Values.Sum(s => s.Least)) : long.MaxValue,
            Asked: (IReadOnlyList<long>)[.. m.Shares.Values.Select(s => s.Wanted - s.Least)])).ToList();
        var rest = FairShare.DivideAmongGroups(capacity - least, groups);
        for (var m = 0; m < members.Count; m++)
        {
            var n = 0;
            foreach (var share in members[m].Shares.Values)
            {
                share.Fair = share.Least + rest[m][n++];
                if (share.Granted <= share.Fair)
                {
                    continue;
                }

                Count(members[m], share, () => share.Granted = share.Fair);
                if (share.Held > share.Granted)
                {
                    changed.Add((0, share.Service));
                }
            }
        }
    }

    /// <summary>Up to its fair share, as far as nobody holds it any more. A base needs no room.</summary>
    private void Grow(Member member, LedgerShare share, LedgerShare asker, SortedSet<(int Order, ServiceName Service)> changed)
    {
        if (share.Granted >= share.Fair)
        {
            return;
        }

        var free = Math.Max(0, Math.Min(capacity - Reserved, (member.Quota ?? long.MaxValue) - member.Reserved));
        var granted = Math.Max(share.Least, Math.Min(share.Fair, Math.Max(share.Granted, share.Reserved + free)));
        if (granted > share.Granted)
        {
            Count(member, share, () => share.Granted = granted);
            if (share != asker && granted > share.Held)
            {
                changed.Add((1, share.Service));
            }
        }
    }

    /// <summary>Changes a share and keeps the sums.</summary>
    private void Count(Member member, LedgerShare share, Action change)
    {
        var (reserved, isShort) = (share.Reserved, share.Granted < share.Wanted);
        change();
        member.Reserved += share.Reserved - reserved;
        Reserved += share.Reserved - reserved;
        _short += (share.Granted < share.Wanted ? 1 : 0) - (isShort ? 1 : 0);
    }

    private Member Of(TenantName tenant)
    {
        if (!_tenants.TryGetValue(tenant.Value, out var member))
        {
            _tenants.Add(tenant.Value, member = new Member(QuotaOf(tenant)));
        }

        return member;
    }

    private long? QuotaOf(TenantName tenant) => quotas.FirstOrDefault(quota => quota.Tenant == tenant) is { } quota ? bound(quota) : null;

    private sealed class Member(long? quota)
    {
        public long? Quota => quota;

        public long Reserved { get; set; }

        public SortedDictionary<ServiceName, LedgerShare> Shares { get; } = [];
    }
}

/// <summary>What bounds an offer.</summary>
internal enum LedgerBound
{
    Host,
    Tenant,
}
