using Homeostat.Core.Regulation.Capacity;
using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Services;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Core.Tests.Regulation.Capacity;

/// <summary>
/// Random services of random tenants on one ledger, each stepped as a regulator would be: it looks at its grant, raises or lowers its instances within it, and asks.
/// Whoever the ledger names is stepped next. The rules are looked at after every step.
/// </summary>
internal sealed class LedgerWorld
{
    private const double Tolerance = 1e-6;

    private readonly Random _random;
    private readonly int _seed;
    private readonly CapacityBounds _bounds;
    private readonly CapacityLedger _ledger;
    private readonly List<Actor> _actors;

    /// <summary>Bases changed since all were last settled: one that grew comes before bursts, which are given back a step later; one that shrank leaves a burst behind.</summary>
    private bool _basesChanged;

    /// <param name="planted">The ledger believes in twice the host: a bug that the checks must find.</param>
    public LedgerWorld(int seed, bool planted = false)
    {
        (_seed, _random) = (seed, new Random(seed));
        var tenants = Enumerable.Range(0, _random.Next(1, 5)).Select(n => new TenantName($"t{n}")).ToList();
        var quotas = tenants.Where(_ => _random.Next(3) == 0)
            .Select(t => new TenantQuota(t, Maybe(() => _random.Next(1, 5) / 2.0), Maybe(() => (long)_random.Next(1, 9) << 28), Maybe<int>(() => _random.Next(1, 6)))).ToList();
        _bounds = new CapacityBounds(_random.Next(1, 9) / 2.0, (long)_random.Next(1, 9) << 29, quotas);
        _ledger = new CapacityLedger(planted ? _bounds with { CpuCores = 2 * _bounds.CpuCores } : _bounds);
        _actors = [.. Enumerable.Range(0, _random.Next(1, 9)).Select(n => new Actor(Spec(n, tenants[_random.Next(tenants.Count)])))];
    }

    public void Run(int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            var actor = _actors[_random.Next(_actors.Count)];
            (actor.Strained, actor.Tight) = (_random.Next(2) == 0, _random.Next(3) == 0);
            var before = actor.Instances;
            actor.InstancesWanted = _random.Next(4) == 0 ? _random.Next(0, 4) : actor.Instances;
            Settle(actor);
            _basesChanged = false;
            CheckSettled();
            Assert.True(before <= 4, At("more instances than asked for"));
        }
    }

    public string Trace => string.Join("; ", _actors.Select(a => $"{a.Spec.Service} {a.Instances} {a.Cpu:0.###} {a.Memory}"));

    private void Settle(Actor first)
    {
        var queue = new Queue<Actor>([first]);
        var steps = 0;
        while (queue.TryDequeue(out var actor))
        {
            Assert.True(++steps < 500, At("stepping one another does not end"));
            foreach (var name in Step(actor))
            {
                queue.Enqueue(_actors.Single(a => a.Spec.Service == name));
            }

            CheckAlways();
        }
    }

    private IReadOnlyList<ServiceName> Step(Actor actor)
    {
        var (grant, resources) = (_ledger.Grant(actor.Spec), actor.Spec.Resources);
        Assert.True(grant.CpuCores >= (actor.Instances * resources.CpuBase!.Value) - Tolerance, At($"{actor.Spec.Service} is granted {grant.CpuCores} cores, less than its base"));
        Assert.True(grant.MemoryBytes >= actor.Instances * resources.MemoryBaseBytes, At($"{actor.Spec.Service} is granted less memory than its base"));
        Assert.True(grant.Instances >= actor.Instances, At("an instance that runs is not granted"));
        var instances = Math.Min(actor.InstancesWanted, grant.Instances);
        _basesChanged |= instances != actor.Instances;
        actor.Instances = instances;
        var (least, most) = (instances * resources.CpuBase!.Value, instances * resources.CpuBurst!.Value);
        var (leastMemory, mostMemory) = (instances * resources.MemoryBaseBytes, instances * resources.MemoryMaxBytes!.Value);
        actor.CpuWanted = actor.Strained ? most : least;
        actor.MemoryWanted = actor.Tight ? mostMemory : leastMemory;
        actor.Cpu = Math.Max(least, Math.Min(actor.CpuWanted, grant.CpuCores));
        actor.Memory = Math.Max(leastMemory, Math.Min(actor.MemoryWanted, grant.MemoryBytes));
        return _ledger.Ask(actor.Spec, new CapacityAsk(actor.Cpu, actor.CpuWanted, actor.Memory, actor.MemoryWanted, instances));
    }

    /// <summary>Nothing is given out that the host (or the tenant's quota) does not have, but bases.</summary>
    private void CheckAlways()
    {
        if (!_basesChanged)
        {
            Within(_actors, _bounds.CpuCores, _bounds.MemoryBytes, "the host");
            foreach (var quota in _bounds.Quotas)
            {
                Within([.. _actors.Where(a => a.Spec.Tenant == quota.Tenant)], quota.CpuCores, quota.MemoryBytes, quota.Tenant.Value);
            }
        }

        foreach (var quota in _bounds.Quotas.Where(q => q.Instances is not null))
        {
            Assert.True(_actors.Where(a => a.Spec.Tenant == quota.Tenant).Sum(a => a.Instances) <= quota.Instances, At($"{quota.Tenant} runs more than {quota.Instances} instances"));
        }
    }

    private void Within(IReadOnlyList<Actor> actors, double? cores, long? memory, string of)
    {
        var (least, leastMemory) = (actors.Sum(a => a.Instances * a.Spec.Resources.CpuBase!.Value), actors.Sum(a => a.Instances * a.Spec.Resources.MemoryBaseBytes));
        Assert.True(actors.Sum(a => a.Cpu) <= Math.Max(cores ?? double.MaxValue, least) + Tolerance, At($"{actors.Sum(a => a.Cpu)} cores of {of}'s {cores} are given out"));
        Assert.True(actors.Sum(a => a.Memory) <= Math.Max(memory ?? long.MaxValue, leastMemory), At($"{actors.Sum(a => a.Memory)} bytes of {of}'s {memory} are given out"));
    }

    /// <summary>With everybody settled nothing is left over that somebody wants, and shares are max-min fair.</summary>
    private void CheckSettled()
    {
        CheckAlways();
        var fair = Fair();
        foreach (var actor in _actors.Where(a => a.Instances > 0))
        {
            Assert.True(Math.Abs(actor.Cpu - fair[actor]) < 0.0021, At($"{actor.Spec.Service} has {actor.Cpu} cores; fair are {fair[actor]}"));
        }
    }

    /// <summary>By filling up in small steps: every tenant that may have more gets the same, and every service of it.</summary>
    private Dictionary<Actor, double> Fair()
    {
        var alive = _actors.Where(a => a.Instances > 0).ToList();
        var left = (long)Math.Round((_bounds.CpuCores - alive.Sum(a => a.Least)) * 1000);
        var tenants = alive.GroupBy(a => a.Spec.Tenant.Value, StringComparer.Ordinal).OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => (
            Actors: t.ToList(),
            Left: _bounds.Quotas.FirstOrDefault(q => q.Tenant.Value == t.Key)?.CpuCores is { } quota ? (long)Math.Round((quota - t.Sum(a => a.Least)) * 1000) : long.MaxValue)).ToList();
        var shares = alive.ToDictionary(a => a, _ => 0L);
        var had = tenants.Select(_ => 0L).ToArray();
        while (left > 0)
        {
            var poorest = Enumerable.Range(0, tenants.Count).Where(t => had[t] < tenants[t].Left && tenants[t].Actors.Any(Wants)).OrderBy(t => had[t]).Cast<int?>().FirstOrDefault();
            if (poorest is not { } t)
            {
                break;
            }

            shares[tenants[t].Actors.Where(Wants).MinBy(a => shares[a])!]++;
            had[t]++;
            left--;
        }

        return alive.ToDictionary(a => a, a => a.Least + (shares[a] / 1000.0));

        bool Wants(Actor a) => a.Least + (shares[a] / 1000.0) < a.CpuWanted - Tolerance;
    }

    private ServiceSpec Spec(int number, TenantName tenant)
    {
        var (least, memory) = (_random.Next(1, 9) / 8.0, (long)_random.Next(1, 5) << 26);
        return Specs.Service($"s{number}") with
        {
            Tenant = tenant,
            Resources = new ResourceSpec(least, memory, least + (_random.Next(0, 9) / 4.0), memory * _random.Next(1, 4)),
        };
    }

    private T? Maybe<T>(Func<T> make) where T : struct => _random.Next(2) == 0 ? make() : null;

    private string At(string what) => $"seed {_seed}: {what}; {_bounds.CpuCores} cores; {Trace}";

    private sealed class Actor(ServiceSpec spec)
    {
        public ServiceSpec Spec => spec;

        public bool Strained { get; set; }

        public bool Tight { get; set; }

        public int InstancesWanted { get; set; }

        public int Instances { get; set; }

        public double Cpu { get; set; }

        public double CpuWanted { get; set; }

        public long Memory { get; set; }

        public long MemoryWanted { get; set; }

        public double Least => Instances * spec.Resources.CpuBase!.Value;
    }
}
