using Homeostat.Core.Runtime;

namespace Homeostat.Core.Tests.Regulation.Simulation;

/// <summary>What goes wrong in one simulated world: a random subset of faults, each at a wild rate (a swarm), chosen by the seed.</summary>
internal sealed class Faults
{
    private readonly SortedDictionary<string, double> _rates = new(StringComparer.Ordinal);
    private readonly Random _random;

    public Faults(Random random)
    {
        _random = random;
        foreach (var name in new[] { "cold", "clone", "restore", "thaw", "freeze", "page-out", "dump", "stop", "prepare", "template", "crash", "no-address", "hint-lost", "abort" })
        {
            _rates[name] = random.Next(3) == 0 ? Math.Pow(random.NextDouble(), 3) : 0;
        }

        Slowness = Math.Pow(10, (random.NextDouble() * 3) - 1);
    }

    /// <summary>Factor on all latencies, 0.1..100.</summary>
    public double Slowness { get; }

    /// <summary>From now on nothing goes wrong any more.</summary>
    public bool Over { get; set; }

    public bool Hit(string name) => !Over && _random.NextDouble() < _rates[name];

    public Failure? At(string step, FailureKind kind) => Hit(step)
        ? new Failure(kind, $"simulated: {step}")
        : step is "cold" or "clone" or "restore" && Hit("no-address")
            ? new Failure(FailureKind.NoAddress, "simulated: no address")
            : null;

    public override string ToString() =>
        $"slowness {Slowness:0.00}, " + string.Join(", ", _rates.Where(r => r.Value > 0).Select(r => $"{r.Key} {r.Value:0.000}"));
}
